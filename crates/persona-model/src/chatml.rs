//! ChatML: the one place where messages become token ids, with the loss mask.
//!
//! A message is `<|im_start|>{role}\n{content}<|im_end|>\n`. The text parts are tokenized one by one, so that ids never
//! depend on what comes after: the ids of a prompt are a prefix of the ids with the reply, and a running KV cache can be
//! extended message by message. A tokenizer that is given the whole rendered text differs in one case: where a content
//! begins with whitespace that holds a newline, it merges that whitespace with the newline of the header.
//! Persona differs there on purpose.

use persona_core::{ChatMessage, Role};

use crate::tokenizer::Tokenizer;

mod fit;

pub use fit::{Cut, Fitted, encode_fitting};

/// Purpose of encoding: an example to train on, or a prompt to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Example to train on: if the last message is the assistant's, it is the target.
    Example,
    /// Prompt to be answered: ends with the header of the assistant's reply.
    Prompt,
}

/// Token ids with their loss mask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids, in order.
    pub ids: Vec<u32>,
    /// `mask[i]`: the model is trained to predict `ids[i]`.
    pub mask: Vec<bool>,
}

impl Encoded {
    fn extend(&mut self, ids: &[u32], trained: bool) {
        self.ids.extend_from_slice(ids);
        self.mask.resize(self.ids.len(), trained);
    }
}

/// Encodes a conversation. The trained span of a target is its content, `<|im_end|>` and the newline after it.
pub fn encode(tokenizer: &Tokenizer, messages: &[ChatMessage], form: Form) -> Encoded {
    let mut encoded = Encoded::default();
    for (index, message) in messages.iter().enumerate() {
        let parts = MessageParts::of(tokenizer, message);
        let target =
            form == Form::Example && index + 1 == messages.len() && message.role == Role::Assistant;
        encoded.extend(&parts.header, false);
        encoded.extend(&parts.content, target);
        encoded.extend(&parts.end, target);
    }
    if form == Form::Prompt {
        encoded.extend(&reply_header(tokenizer), false);
    }
    encoded
}

/// Token ids of one message. A prompt is the ids of its messages one after the other, and [`reply_header`].
pub fn message_ids(tokenizer: &Tokenizer, message: &ChatMessage) -> Vec<u32> {
    let parts = MessageParts::of(tokenizer, message);
    [parts.header, parts.content, parts.end].concat()
}

/// Token ids after which the model writes a reply: `<|im_start|>assistant\n`.
pub fn reply_header(tokenizer: &Tokenizer) -> Vec<u32> {
    header(tokenizer, Role::Assistant)
}

/// Parts of a message that are tokenized one by one.
struct MessageParts {
    header: Vec<u32>,
    content: Vec<u32>,
    end: Vec<u32>,
}

impl MessageParts {
    fn of(tokenizer: &Tokenizer, message: &ChatMessage) -> Self {
        let mut end = vec![tokenizer.specials().im_end];
        end.extend(tokenizer.encode("\n"));
        Self {
            header: header(tokenizer, message.role),
            content: tokenizer.encode(&message.content),
            end,
        }
    }

    fn len(&self) -> usize {
        self.header.len() + self.content.len() + self.end.len()
    }
}

fn header(tokenizer: &Tokenizer, role: Role) -> Vec<u32> {
    let mut ids = vec![tokenizer.specials().im_start];
    ids.extend(tokenizer.encode(&format!("{}\n", role.name())));
    ids
}

//! Conversations that must not exceed a number of tokens.

use std::collections::VecDeque;

use persona_core::{ChatMessage, Role};

use super::{Encoded, Form, MessageParts, reply_header};
use crate::{
    error::{Error, Result},
    tokenizer::Tokenizer,
};

/// A conversation cut to a number of tokens, and a record of the cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// Token ids and loss mask after cutting.
    pub encoded: Encoded,
    /// Messages and tokens that were left out.
    pub cut: Cut,
}

/// Messages and tokens that were left out of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Number of whole context messages left out, the oldest ones.
    pub messages: usize,
    /// Tokens cut from the beginning of the oldest context message that is left.
    pub context_tokens: usize,
    /// Tokens cut from the end of the target, its `<|im_end|>` among them, so that the model does not learn to stop
    /// there.
    pub reply_tokens: usize,
}

/// Encodes like [`super::encode`], in at most `max_tokens`.
///
/// Context is cut first: the oldest messages as long as another one is left, then the beginning of the last one, then
/// all of it. If that is not enough, the end of the target is cut. System messages at the start are never cut.
pub fn encode_fitting(
    tokenizer: &Tokenizer,
    messages: &[ChatMessage],
    max_tokens: usize,
    form: Form,
) -> Result<Fitted> {
    let systems = messages
        .iter()
        .take_while(|message| message.role == Role::System)
        .count();
    let (system, rest) = messages.split_at(systems);
    let (context, target) = match rest.split_last() {
        Some((last, context)) if form == Form::Example && last.role == Role::Assistant => {
            (context, Some(last))
        }
        _ => (rest, None),
    };
    let mut start = Encoded::default();
    for message in system {
        start.extend(&super::message_ids(tokenizer, message), false);
    }
    let ending = Ending::of(tokenizer, target, form);
    let needed = start.ids.len() + ending.fixed.len();
    if needed > max_tokens {
        return Err(Error::NoRoom { needed, max_tokens });
    }

    let mut cut = Cut::default();
    let room = max_tokens.saturating_sub(needed + ending.trained.len());
    let context = context
        .iter()
        .map(|message| MessageParts::of(tokenizer, message))
        .collect();
    for parts in cut_context(tokenizer, context, room, &mut cut) {
        start.extend(&[parts.header, parts.content, parts.end].concat(), false);
    }
    start.extend(&ending.fixed, false);
    let kept = ending.trained.len().min(max_tokens - start.ids.len());
    cut.reply_tokens = ending.trained.len() - kept;
    start.extend(&ending.trained[..kept], true);
    Ok(Fitted {
        encoded: start,
        cut,
    })
}

/// Tokens after the context: the header of the reply, and in training the reply.
#[derive(Default)]
struct Ending {
    /// Header of the reply; never cut.
    fixed: Vec<u32>,
    /// Trained span: content, `<|im_end|>` and newline.
    trained: Vec<u32>,
}

impl Ending {
    fn of(tokenizer: &Tokenizer, target: Option<&ChatMessage>, form: Form) -> Self {
        match (target, form) {
            (Some(target), _) => {
                let parts = MessageParts::of(tokenizer, target);
                Self {
                    fixed: parts.header,
                    trained: [parts.content, parts.end].concat(),
                }
            }
            (None, Form::Prompt) => Self {
                fixed: reply_header(tokenizer),
                trained: Vec::new(),
            },
            (None, Form::Example) => Self::default(),
        }
    }
}

fn cut_context(
    tokenizer: &Tokenizer,
    mut context: VecDeque<MessageParts>,
    room: usize,
    cut: &mut Cut,
) -> VecDeque<MessageParts> {
    let mut total: usize = context.iter().map(MessageParts::len).sum();
    while total > room && context.len() > 1 {
        total -= context.pop_front().map_or(0, |oldest| oldest.len());
        cut.messages += 1;
    }
    let Some(last) = context.front_mut().filter(|_| total > room) else {
        return context;
    };
    let mut excess = total - room;
    // A kept part must not begin inside a character.
    while last
        .content
        .get(excess)
        .is_some_and(|id| begins_inside_character(tokenizer.bytes(*id)))
    {
        excess += 1;
    }
    if excess < last.content.len() {
        last.content.drain(..excess);
        cut.context_tokens = excess;
    } else {
        context.clear();
        cut.messages += 1;
    }
    context
}

fn begins_inside_character(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| byte & 0xC0 == 0x80)
}

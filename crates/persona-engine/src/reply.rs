//! What callers ask for and what they get, whoever writes it: messages, and pieces of text.

use persona_core::{ChatMessage, Sampling};

use crate::tokens::{Finish, Timings};

/// A reply that somebody wants.
#[derive(Clone, Debug)]
pub struct Request {
    /// Requests of one conversation share a KV cache of the engine: only what is new in the prompt is computed.
    /// Without one, nothing is kept.
    pub conversation: Option<String>,
    /// What is answered, in the form of [`persona_core::prompt`]. The oldest ones are left out where they don't fit the model.
    pub messages: Vec<ChatMessage>,
    /// How tokens are drawn, and how many at most.
    pub sampling: Sampling,
    /// Seed of the draws: the same gives the same reply.
    pub seed: u64,
}

impl Request {
    /// A reply to `messages` that leaves nothing behind.
    pub fn new(messages: Vec<ChatMessage>, sampling: Sampling) -> Self {
        Self {
            conversation: None,
            messages,
            sampling,
            seed: 0,
        }
    }

    /// The same request with another seed; it is 0 at first.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same request as part of a conversation.
    #[must_use]
    pub fn in_conversation(mut self, key: impl Into<String>) -> Self {
        self.conversation = Some(key.into());
        self
    }
}

/// What happens to a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More text. It never ends inside a character.
    Text {
        /// The tokens that complete it; empty where a server wrote it.
        ids: Vec<u32>,
        /// Their text.
        text: String,
    },
    /// The end of it. Nothing follows.
    Done(Reply),
}

/// A finished reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The generated ids, without the one that ended the reply; empty where a server wrote it.
    pub ids: Vec<u32>,
    /// The text of all pieces, joined.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the reply; a server that doesn't say has its pieces counted.
    pub tokens: usize,
    /// Tokens of the prompt; 0 where a server doesn't say.
    pub prompt_tokens: usize,
    /// Tokens of the prompt that were still in the conversation's cache; 0 where a server wrote the reply.
    pub reused_tokens: usize,
    /// How long it took. With a server, waiting is part of the first token.
    pub timings: Timings,
}

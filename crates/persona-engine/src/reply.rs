//! Requests and replies as text, the same for every backend.

use persona_core::{ChatMessage, Sampling};

use crate::tokens::{Finish, Timings};

/// Request for a reply.
#[derive(Clone, Debug)]
pub struct Request {
    /// Conversation of the request: requests of one conversation share a KV cache of the engine, so that only the new tokens
    /// of the prompt are computed. `None` keeps no cache.
    pub conversation: Option<String>,
    /// Messages of the prompt, in the form of [`persona_core::prompt`]. The oldest are left out where they exceed the
    /// model's context length.
    pub messages: Vec<ChatMessage>,
    /// Sampling settings, with the longest reply.
    pub sampling: Sampling,
    /// Seed of the sampling: the same seed and request give the same reply.
    pub seed: u64,
}

impl Request {
    /// Request for a reply to `messages`, without a kept cache.
    pub fn new(messages: Vec<ChatMessage>, sampling: Sampling) -> Self {
        Self {
            conversation: None,
            messages,
            sampling,
            seed: 0,
        }
    }

    /// This request with another seed; [`Self::new`] sets 0.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// This request as part of the conversation `key`, whose KV cache is kept.
    #[must_use]
    pub fn in_conversation(mut self, key: impl Into<String>) -> Self {
        self.conversation = Some(key.into());
        self
    }
}

/// Event of a streamed reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More text, which never ends inside a character.
    Text {
        /// Token ids of the piece; empty with a remote server.
        ids: Vec<u32>,
        /// Text of the piece.
        text: String,
    },
    /// End of the reply. Nothing follows.
    Done(Reply),
}

/// A finished reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The generated token ids, without the one that ended the reply; empty with a remote server.
    pub ids: Vec<u32>,
    /// Text of the reply: all pieces joined.
    pub text: String,
    /// Reason why the reply ended.
    pub finish: Finish,
    /// Tokens of the reply. Where a remote server does not say, its pieces are counted.
    pub tokens: usize,
    /// Tokens of the prompt; 0 where a remote server does not say.
    pub prompt_tokens: usize,
    /// Tokens of the prompt that were in the KV cache; 0 with a remote server.
    pub reused_tokens: usize,
    /// Durations. With a remote server, waiting in its queue is part of the first token.
    pub timings: Timings,
}

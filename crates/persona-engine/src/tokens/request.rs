//! What callers send to the engine's thread and what comes back: token ids.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use persona_core::Sampling;
use tokio::sync::mpsc;

use crate::error::Error;

/// A continuation of token ids that somebody wants.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Requests of one conversation share a KV cache: only what is new in the prompt is computed.
    /// Without one, nothing is kept.
    pub conversation: Option<String>,
    /// What is continued, taken as it is.
    pub prompt: Vec<u32>,
    /// The reply ends before any of these.
    pub stop: Vec<u32>,
    /// How tokens are drawn, and how many at most.
    pub sampling: Sampling,
    /// Seed of the draws: the same gives the same reply.
    pub seed: u64,
}

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model ended it.
    Stop,
    /// It reached the longest length.
    Length,
}

/// How long the parts of a reply took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the submission to the start of the work.
    pub waited: Duration,
    /// From the start of the work to the first token: mostly the computation of the prompt.
    pub first_token: Duration,
    /// From the start of the work to the end.
    pub total: Duration,
}

/// A finished continuation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenReply {
    /// The generated ids, without the one that ended the reply.
    pub ids: Vec<u32>,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens of the prompt that were still in the conversation's cache.
    pub reused_tokens: usize,
    /// How long it took.
    pub timings: Timings,
}

/// What happens to a continuation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenEvent {
    /// One more token.
    Token(u32),
    /// The end of it. Nothing follows.
    Done(TokenReply),
}

/// Sends the events of one continuation.
pub(crate) type TokenSender = mpsc::UnboundedSender<Result<TokenEvent, Error>>;

/// The events of one continuation, as they happen. They end with [`TokenEvent::Done`] or an error. Dropping the stream cancels
/// the work.
#[derive(Debug)]
pub struct TokenStream {
    events: mpsc::UnboundedReceiver<Result<TokenEvent, Error>>,
    ended: bool,
}

impl TokenStream {
    pub(crate) fn new(events: mpsc::UnboundedReceiver<Result<TokenEvent, Error>>) -> Self {
        Self {
            events,
            ended: false,
        }
    }

    /// Asks for the next event without waiting; `None` after the last one.
    pub fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<TokenEvent, Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let event = self.events.poll_recv(context);
        event.map(|event| Some(self.received(event)))
    }

    /// Waits for the next event; `None` after the last one. Blocks: not for asynchronous code.
    pub fn blocking_next(&mut self) -> Option<Result<TokenEvent, Error>> {
        if self.ended {
            return None;
        }
        let event = self.events.blocking_recv();
        Some(self.received(event))
    }

    /// Waits for the end. Blocks: not for asynchronous code.
    pub fn blocking_finish(mut self) -> Result<TokenReply, Error> {
        while let Some(event) = self.blocking_next() {
            if let TokenEvent::Done(reply) = event? {
                return Ok(reply);
            }
        }
        Err(Error::Stopped)
    }

    /// The event, or the error that stands for an engine that is gone.
    fn received(&mut self, event: Option<Result<TokenEvent, Error>>) -> Result<TokenEvent, Error> {
        let event = event.unwrap_or(Err(Error::Stopped));
        self.ended = !matches!(event, Ok(TokenEvent::Token(_)));
        event
    }
}

//! Requests to the engine's thread, and the streams that answer them, as token ids.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use persona_core::Sampling;
use tokio::sync::mpsc;

use crate::error::Error;

/// Request for a continuation of token ids.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Conversation of the request: requests of one conversation share a KV cache, so that only the new tokens of the prompt
    /// are computed. `None` keeps no cache.
    pub conversation: Option<String>,
    /// Token ids to continue, used without changes.
    pub prompt: Vec<u32>,
    /// Token ids that end the reply; they are not part of it.
    pub stop: Vec<u32>,
    /// Sampling settings, with the longest reply.
    pub sampling: Sampling,
    /// Seed of the sampling: the same seed and request give the same reply.
    pub seed: u64,
}

/// Reason why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model ended the reply.
    Stop,
    /// The reply reached `max_tokens`.
    Length,
}

/// Durations of the parts of a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From the submission to the start of the work.
    pub waited: Duration,
    /// From the start of the work to the first token: mostly the computation of the prompt.
    pub first_token: Duration,
    /// From the start of the work to the end.
    pub total: Duration,
}

/// A finished reply as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenReply {
    /// The generated token ids, without the one that ended the reply.
    pub ids: Vec<u32>,
    /// Reason why the reply ended.
    pub finish: Finish,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens of the prompt that were in the KV cache.
    pub reused_tokens: usize,
    /// Durations of the parts of the reply.
    pub timings: Timings,
}

/// Event of a streamed reply, as token ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenEvent {
    /// Id of one more token.
    Token(u32),
    /// End of the reply. Nothing follows.
    Done(TokenReply),
}

/// Sends the events of one reply.
pub(crate) type TokenSender = mpsc::UnboundedSender<Result<TokenEvent, Error>>;

/// The events of one reply, as they happen. The last is [`TokenEvent::Done`] or an error. Dropping the stream cancels the
/// reply.
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

    /// Polls for the next event; `None` after the last one.
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

    /// Waits for the whole reply. Blocks: not for asynchronous code.
    pub fn blocking_finish(mut self) -> Result<TokenReply, Error> {
        while let Some(event) = self.blocking_next() {
            if let TokenEvent::Done(reply) = event? {
                return Ok(reply);
            }
        }
        Err(Error::Stopped)
    }

    /// The event to hand on; an engine that is gone becomes [`Error::Stopped`].
    fn received(&mut self, event: Option<Result<TokenEvent, Error>>) -> Result<TokenEvent, Error> {
        let event = event.unwrap_or(Err(Error::Stopped));
        self.ended = !matches!(event, Ok(TokenEvent::Token(_)));
        event
    }
}

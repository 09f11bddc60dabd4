//! What callers send to the engine and what comes back.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use persona_core::ChatMessage;
use persona_model::Sampling;
use tokio::sync::mpsc;

use super::error::Error;

/// What a reply continues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Messages, rendered as ChatML. The oldest ones are left out where they don't fit the model.
    Messages(Vec<ChatMessage>),
    /// Token ids, taken as they are.
    Ids(Vec<u32>),
}

/// A reply that somebody wants.
#[derive(Clone, Debug)]
pub struct Request {
    /// Requests of one conversation share a KV cache: only what is new in the prompt is computed.
    /// Without one, nothing is kept.
    pub conversation: Option<String>,
    /// What is answered.
    pub prompt: Prompt,
    /// How tokens are drawn, and how many at most.
    pub sampling: Sampling,
}

impl Request {
    /// A reply to `messages` that leaves nothing behind.
    pub fn new(messages: Vec<ChatMessage>, sampling: Sampling) -> Self {
        Self {
            conversation: None,
            prompt: Prompt::Messages(messages),
            sampling,
        }
    }

    /// The same request as part of a conversation.
    #[must_use]
    pub fn in_conversation(mut self, key: impl Into<String>) -> Self {
        self.conversation = Some(key.into());
        self
    }
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

/// A finished reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The generated ids, without the one that ended the reply.
    pub ids: Vec<u32>,
    /// Their text: the pieces of the stream, joined.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// How many of these were still in the cache.
    pub reused_tokens: usize,
    /// How long it took.
    pub timings: Timings,
}

/// What happens to a reply.
#[derive(Debug)]
pub enum Event {
    /// More text. A piece never ends inside a character; its ids are those that complete it.
    Text {
        /// The tokens.
        ids: Vec<u32>,
        /// Their text.
        text: String,
    },
    /// The end of it. Nothing follows.
    Done(Reply),
    /// It failed. Nothing follows.
    Failed(Error),
}

/// The events of one reply, as they happen. Dropping it cancels the reply.
#[derive(Debug)]
pub struct ReplyStream {
    events: mpsc::UnboundedReceiver<Event>,
    ended: bool,
}

impl ReplyStream {
    pub(super) fn new(events: mpsc::UnboundedReceiver<Event>) -> Self {
        Self {
            events,
            ended: false,
        }
    }

    /// Asks for the next event without waiting: the stream for asynchronous code, where the iterator must not be used.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Event>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let event = self.events.poll_recv(context);
        event.map(|event| Some(self.came(event)))
    }

    /// Waits for the end.
    pub fn finish(self) -> Result<Reply, Error> {
        for event in self {
            match event {
                Event::Text { .. } => {}
                Event::Done(reply) => return Ok(reply),
                Event::Failed(error) => return Err(error),
            }
        }
        Err(Error::Stopped)
    }

    /// What is told of an event, or of a writer that is gone.
    fn came(&mut self, event: Option<Event>) -> Event {
        let event = event.unwrap_or(Event::Failed(Error::Stopped));
        self.ended = !matches!(event, Event::Text { .. });
        event
    }
}

impl Iterator for ReplyStream {
    type Item = Event;

    /// Blocks until something happens. A stream always ends with `Done` or `Failed`.
    fn next(&mut self) -> Option<Event> {
        if self.ended {
            return None;
        }
        let event = self.events.blocking_recv();
        Some(self.came(event))
    }
}

//! Where replies come from: the engine in this process, or an OpenAI-compatible server by URL.
//!
//! Both are asked in the same way and answer with the same stream of text. Dropping the stream cancels the reply.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::Stream;
use persona_core::ChatMessage;
use tokio::sync::mpsc;

use crate::engine::{self, Engine, Event, Finish, ReplyStream, Sampling, Timings};

mod error;
mod events;
mod remote;

pub use error::Error;
pub use remote::{Remote, RemoteConfig};

/// Pieces that may wait for a slow reader before the writer waits too.
const PIECES_MAX: usize = 64;

/// A reply that somebody wants.
#[derive(Clone, Debug)]
pub struct ReplyRequest {
    /// Requests of one conversation share a KV cache of the embedded engine.
    pub conversation: Option<String>,
    /// What is answered, in the form of `persona_core::prompt`.
    pub messages: Vec<ChatMessage>,
    /// How tokens are drawn, and how many at most.
    pub sampling: Sampling,
}

/// What happens to a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// More text. It never ends inside a character.
    Text(String),
    /// The end of it. Nothing follows.
    Done(Written),
}

/// A finished reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The pieces, joined.
    pub text: String,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the reply; a server that doesn't say has its pieces counted.
    pub tokens: usize,
    /// Tokens of the prompt; 0 where a server doesn't say.
    pub prompt_tokens: usize,
    /// How long it took. With a server, waiting is part of the first token.
    pub timings: Timings,
}

/// The source of replies. Clones are handles of the same one.
#[derive(Clone, Debug)]
pub enum Backend {
    /// The engine in this process.
    Embedded(Engine),
    /// A server that speaks OpenAI's chat completions.
    Remote(Remote),
}

impl Backend {
    /// Asks for a reply. Must be called inside a tokio runtime; returns at once.
    pub fn reply(&self, request: ReplyRequest) -> Pieces {
        match self {
            Self::Embedded(engine) => {
                let mut submitted = engine::Request::new(request.messages, request.sampling);
                submitted.conversation = request.conversation;
                Pieces(Source::Embedded(engine.submit(submitted)))
            }
            Self::Remote(remote) => {
                let (sender, pieces) = mpsc::channel(PIECES_MAX);
                remote.start(request, sender);
                Pieces(Source::Remote {
                    pieces,
                    ended: false,
                })
            }
        }
    }

    /// Forgets what is kept of a conversation to answer it sooner.
    pub fn forget(&self, conversation: &str) {
        match self {
            Self::Embedded(engine) => engine.forget(conversation),
            Self::Remote(_) => {}
        }
    }

    /// The longest prompt and reply together, in tokens, where it is known.
    pub fn context(&self) -> Option<usize> {
        match self {
            Self::Embedded(engine) => Some(engine.context()),
            Self::Remote(_) => None,
        }
    }

    /// What it is, for logs and status.
    pub fn describe(&self) -> String {
        match self {
            Self::Embedded(_) => "embedded".to_owned(),
            Self::Remote(remote) => remote.describe(),
        }
    }
}

type Sender = mpsc::Sender<Result<Piece, Error>>;

/// The pieces of one reply, as they come. They end with `Done` or an error. Dropping them cancels the reply.
#[derive(Debug)]
pub struct Pieces(Source);

#[derive(Debug)]
enum Source {
    Embedded(ReplyStream),
    /// What a task reads from a server, and whether the last of it came.
    Remote {
        pieces: mpsc::Receiver<Result<Piece, Error>>,
        ended: bool,
    },
}

impl Pieces {
    /// The next piece; `None` after the last one.
    pub async fn next(&mut self) -> Option<Result<Piece, Error>> {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// Waits for the end.
    pub async fn finish(mut self) -> Result<Written, Error> {
        while let Some(piece) = self.next().await {
            if let Piece::Done(written) = piece? {
                return Ok(written);
            }
        }
        Err(Error::Engine(engine::Error::Stopped))
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Piece, Error>>> {
        match &mut self.0 {
            Source::Embedded(events) => events.poll(context).map(|event| event.map(piece_of)),
            Source::Remote { ended: true, .. } => Poll::Ready(None),
            Source::Remote { pieces, ended } => pieces.poll_recv(context).map(|piece| {
                // A writer that is gone without an end: the runtime stops, or the writer hit a fault.
                let piece = piece.unwrap_or(Err(Error::Engine(engine::Error::Stopped)));
                *ended = !matches!(piece, Ok(Piece::Text(_)));
                Some(piece)
            }),
        }
    }
}

impl Stream for Pieces {
    type Item = Result<Piece, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}

fn piece_of(event: Event) -> Result<Piece, Error> {
    match event {
        Event::Text { text, .. } => Ok(Piece::Text(text)),
        Event::Done(reply) => Ok(Piece::Done(Written {
            tokens: reply.ids.len(),
            text: reply.text,
            finish: reply.finish,
            prompt_tokens: reply.prompt_tokens,
            timings: reply.timings,
        })),
        Event::Failed(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;

//! Where replies come from: the engine in this process, or an OpenAI-compatible server by URL.
//!
//! Both are asked in the same way and answer with the same stream of text.

use crate::{engine::Engine, pulse::Pulse, remote::Remote, reply::Request, stream::ReplyStream};

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
    pub fn submit(&self, request: Request) -> ReplyStream {
        match self {
            Self::Embedded(engine) => engine.submit(request),
            Self::Remote(remote) => remote.submit(request),
        }
    }

    /// Drops what is kept of a conversation to answer it sooner. A server keeps its caches to itself.
    pub fn drop_cache(&self, conversation: &str) {
        match self {
            Self::Embedded(engine) => engine.drop_cache(conversation),
            Self::Remote(_) => {}
        }
    }

    /// Whether the engine in this process works; a server has no pulse here.
    pub fn pulse(&self) -> Option<Pulse> {
        match self {
            Self::Embedded(engine) => Some(engine.pulse()),
            Self::Remote(_) => None,
        }
    }

    /// Description of the backend for logs and status.
    pub fn describe(&self) -> String {
        match self {
            Self::Embedded(_) => "embedded".to_owned(),
            Self::Remote(remote) => remote.describe(),
        }
    }
}

#[cfg(test)]
mod tests;

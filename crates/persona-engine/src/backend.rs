//! Backends: the engine in this process, or an OpenAI-compatible server.
//!
//! Both take the same request and answer with the same stream of text.

use crate::{engine::Engine, pulse::Pulse, remote::Remote, reply::Request, stream::ReplyStream};

/// Source of replies. Clones are handles of the same backend.
#[derive(Clone, Debug)]
pub enum Backend {
    /// The engine in this process.
    Embedded(Engine),
    /// A server that speaks OpenAI's chat completions.
    Remote(Remote),
}

impl Backend {
    /// Requests a reply. Must be called inside a tokio runtime; returns at once.
    pub fn submit(&self, request: Request) -> ReplyStream {
        match self {
            Self::Embedded(engine) => engine.submit(request),
            Self::Remote(remote) => remote.submit(request),
        }
    }

    /// Drops the KV cache of a conversation. A remote server manages its own caches: nothing happens there.
    pub fn drop_cache(&self, conversation: &str) {
        match self {
            Self::Embedded(engine) => engine.drop_cache(conversation),
            Self::Remote(_) => {}
        }
    }

    /// Progress of the engine in this process; `None` with a remote server.
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

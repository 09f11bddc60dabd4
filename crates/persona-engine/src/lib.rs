//! Inference: from a prompt to a reply that is written piece by piece, by a model in this process or by a server.
//!
//! | part | speaks | does |
//! |---|---|---|
//! | [`TokenEngine`] | token ids | one thread that owns the model and the KV caches of conversations |
//! | [`Engine`] | text | ChatML before it, whole characters after it; it has the tokenizer |
//! | [`Remote`] | text | the same from an OpenAI-compatible server |
//! | [`Backend`] | text | either of the two, with one [`Request`] and one [`ReplyStream`] |
//!
//! Invariants: a request that fails, or hits a fault in the program, ends with an error of its own and the engine goes on;
//! a stream that is dropped cancels its reply; a piece of text never ends inside a character.

mod backend;
mod decoded;
mod engine;
mod error;
#[cfg(test)]
mod fixture;
mod pulse;
mod remote;
mod reply;
mod source;
mod stream;
mod tokens;

pub use backend::Backend;
pub use engine::{Engine, EngineConfig};
pub use error::Error;
pub use persona_core::Sampling;
pub use pulse::Pulse;
pub use remote::{Remote, RemoteConfig, RemoteError};
pub use reply::{Piece, Reply, Request};
pub use source::ModelSource;
pub use stream::ReplyStream;
pub use tokens::{
    CacheLimits, Finish, Timings, TokenEngine, TokenEvent, TokenReply, TokenRequest, TokenStream,
};

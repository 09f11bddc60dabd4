//! Types that every stage of Persona shares: chat records, prompts, manifests, progress and atomic files.
//!
//! Invariant: this crate knows no tensors, no sockets and no SQL, and is light to build.

pub mod atomic;
pub mod chat;
pub mod conversation;
pub mod error;
pub mod forgotten;
pub mod json;
pub mod jsonl;
pub mod layout;
pub mod lock;
pub mod manifest;
pub mod mentions;
pub mod near;
pub mod progress;
pub mod prompt;
pub mod random;
pub mod secrets;

pub use chat::{Author, Channel, ChannelKind, Guild, Id, Mention, Message, MessageKind, Reaction};
pub use conversation::{Conversation, PairRule, PreferencePair, Split, Turn};
pub use error::{FileError, Hint};
pub use manifest::Manifest;
pub use progress::{Progress, Silent, Task, Unit};
pub use prompt::{ChatMessage, Role};
pub use secrets::Secrets;

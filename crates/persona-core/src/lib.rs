//! Types that every stage of Persona shares: chat records, prompts, names of files, progress and atomic files.
//!
//! Invariant: this crate knows no tensors, no sockets and no SQL, and is light to build.

pub mod atomic;
pub mod chat;
pub mod conversation;
pub mod describe;
pub mod error;
pub mod form;
pub mod hash;
pub mod json;
pub mod jsonl;
pub mod layout;
pub mod lock;
pub mod mentions;
pub mod progress;
pub mod prompt;
pub mod random;
pub mod role;
pub mod sampling;
pub mod settled;
pub mod speaker;
pub mod table;
pub mod terminal;
pub mod traces;

pub use chat::{Author, Channel, ChannelKind, Guild, Id, Mention, Message, MessageKind, Reaction};
pub use conversation::{Conversation, PairRule, PreferencePair, Split, Turn};
pub use describe::describe;
pub use error::{FileError, Hint, SettingError};
pub use form::ConversationForm;
pub use progress::{Progress, Silent, Task, Unit};
pub use role::{ChatMessage, Role};
pub use sampling::Sampling;
pub use settled::{FormSource, Origin, Settled, settle};
pub use speaker::SpeakerForm;
pub use traces::Traces;

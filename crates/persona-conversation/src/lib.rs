//! From messages to turns, from turns to conversations, and from conversations to the context of a reply.
//!
//! The dataset and the bot both build the model's input here, so that a live conversation has the form of the training
//! data.
//!
//! Invariant: this crate does not decide what is trained on. Splits, targets and copies belong to the dataset.

mod assemble;
mod emoji;
mod error;
mod filter;
mod normalise;
mod people;
mod turns;

pub use assemble::{Assembled, Assembler, Replies};
pub use emoji::{Positive, label as emoji_label};
pub use error::Error;
pub use filter::{DropRule, drop_rule, is_blank};
pub use normalise::text as normalised_text;
pub use people::{People, Person};
pub use turns::Line;

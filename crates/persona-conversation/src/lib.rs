//! How messages become turns, turns conversations, and conversations the context of a reply.
//!
//! The dataset and the bot both build what the model reads here, so that a live conversation looks like those it was trained on.
//!
//! Invariant: nothing here decides what is trained on. Splits, targets and copies are the dataset's own.

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

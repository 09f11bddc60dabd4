//! Vectors of past messages: computing those that are missing, and finding messages that are like a text.
//!
//! A sentence model gives a vector per message; the store keeps them and searches. Every stored chunk is complete, so
//! whoever stops the work loses the chunk at hand and nothing else.

mod error;
mod recall;
mod texts;

pub use error::Error;
pub use recall::{Embedded, Recall};

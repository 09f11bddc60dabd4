//! Retrieval of past messages: computes their missing vectors, and searches for messages similar to a text.
//!
//! An embedder makes a vector per message; the store keeps the vectors and searches them. Vectors are stored in
//! complete chunks, so that an interruption loses only the current chunk.

mod error;
mod recall;
mod texts;

pub use error::Error;
pub use recall::{Embedded, Recall};

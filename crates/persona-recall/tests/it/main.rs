//! Vectors of messages as their callers see them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod error_texts;
mod recall;

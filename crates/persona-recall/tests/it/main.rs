//! Tests of retrieval through the public interface.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod error_texts;
mod recall;

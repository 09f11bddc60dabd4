//! Golden values, and whole runs on toy pairs.
#![expect(clippy::unwrap_used, reason = "a test fails where a helper does")]

mod error_texts;
mod golden;
mod runs;
mod support;
mod trl;

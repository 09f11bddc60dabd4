//! Golden values, and whole runs on a toy server.
#![expect(clippy::unwrap_used, reason = "a test fails where a helper does")]

mod error_texts;
mod golden;
mod gradients;
mod pretrain;
mod resume;
mod support;
mod toy;

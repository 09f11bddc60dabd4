//! The engine and remote servers as their callers see them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod engine;
mod error_texts;
mod remote;
mod support;

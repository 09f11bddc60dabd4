//! The engine and the server by URL as their callers see them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod engine;
mod error_texts;
mod remote;
mod support;

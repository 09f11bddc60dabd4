//! The bot's parts as their callers see them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod discord;
mod error_texts;
mod operations;
mod supervise;
mod support;

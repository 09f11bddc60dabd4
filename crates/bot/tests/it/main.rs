//! The bot's parts as their callers see them.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod discord;
mod engine;
mod error_texts;
mod memory;
mod operations;
mod remote;
mod supervise;
mod support;

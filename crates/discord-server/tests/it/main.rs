//! The server as serenity's real client sees it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod faults;
mod gateway;
mod history;
mod messages;
mod support;

//! The test server, through serenity's real client.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod faults;
mod gateway;
mod history;
mod messages;
mod support;

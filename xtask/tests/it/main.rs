//! The command line as users meet it: the real binary, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod circles;
mod cli;
mod discord;
mod download;
mod errors;
mod example;
mod forget;
mod form;
mod harness;
mod hub;
mod memory;
mod pipeline;
mod tidy;

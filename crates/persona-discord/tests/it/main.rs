//! Requests against a test server that behaves and misbehaves like Discord.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails with the test")]

mod calls;
mod error_texts;
mod faults;
mod proxy;
mod secrecy;
mod support;

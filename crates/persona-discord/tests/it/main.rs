//! Requests against a server that behaves like Discord, and misbehaves like it.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails with the test")]

mod calls;
mod error_texts;
mod faults;
mod proxy;
mod secrecy;
mod support;

//! Tests of the stage through its public interface.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails with the test")]

mod broken;
mod discord;
mod error_texts;
mod formats;
mod kill;
mod overlap;
mod quirks;
mod sources;
mod support;

//! The engine as its callers see it, on the fixture models.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod engine;
mod support;

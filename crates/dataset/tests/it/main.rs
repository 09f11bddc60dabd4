//! The stage as a whole, on small stores that each test makes for itself.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod error_texts;
mod errors;
mod feedback;
mod files;
mod history;
mod statistics;

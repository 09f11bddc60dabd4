//! The stage as its callers see it, and agreement with the golden figures.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod end_to_end;
mod error_texts;
mod golden;
mod synthetic;

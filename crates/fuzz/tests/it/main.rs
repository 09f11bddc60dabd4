//! The corpus of every function, as it is and with a few thousand seeded mutations.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod mutate;
mod replay;

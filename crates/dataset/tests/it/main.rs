//! The stage as a whole, on small stores that each test makes for itself.

mod errors;
mod files;
mod history;
mod statistics;

//! Golden values, and whole runs on toy pairs.

mod golden;
mod runs;
mod support;

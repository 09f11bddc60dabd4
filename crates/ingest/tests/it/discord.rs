//! Fetching from a test server that behaves like Discord.

mod bench;
mod choice;
mod faults;
mod kill;
mod resync;
mod whole;

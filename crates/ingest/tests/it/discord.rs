//! Discord itself into the store, from a server that behaves like it.

mod bench;
mod choice;
mod faults;
mod kill;
mod resync;
mod whole;

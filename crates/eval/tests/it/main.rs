//! The stage as its callers see it, and agreement with the golden figures.

mod end_to_end;
mod golden;
mod synthetic;

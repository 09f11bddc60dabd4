//! The engine as its callers see it, on the fixture models.

mod engine;
mod support;

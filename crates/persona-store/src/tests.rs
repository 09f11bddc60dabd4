//! Properties of the store, and of its errors.

mod errors;
mod examples;
mod properties;
mod rewrite;

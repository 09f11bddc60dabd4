//! Properties of the store, and of its errors.

mod bot;
mod clear;
mod error_texts;
mod errors;
mod examples;
mod forget;
mod kept_out;
mod migration;
mod nearest;
mod properties;
mod resync;
mod rewrite;

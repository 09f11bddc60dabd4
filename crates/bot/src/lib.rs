//! The inference engine and, on top of it, the Discord bot.

pub mod engine;

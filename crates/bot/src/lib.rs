//! The inference engine and, on top of it, the Discord bot.

pub mod backend;
pub mod engine;
pub mod heartbeat;
pub mod logging;
pub mod memory;
pub mod monitor;
pub mod observer;
pub mod status;
pub mod supervise;

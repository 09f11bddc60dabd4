//! The Discord bot.
//!
//! | part | does |
//! |---|---|
//! | `gateway`, `catchup`, `incoming` | what is written on Discord, live and missed, into the bot's memory |
//! | [`trigger`], [`queue`], `dispatcher`, `lanes` | what is answered, in which order, and what is dropped |
//! | [`context`], `answer`, [`text`], `sending` | from a question to the reply in the channel |
//! | `commands`, [`settings`], `feedback` | what admins and members tell the bot |
//!
//! Invariants: the loop never waits for the model; no message is answered twice; nothing that is sent pings anybody.

mod answer;
mod bot;
mod catchup;
mod commands;
pub mod config;
pub mod context;
mod database;
mod dispatcher;
mod error;
mod feedback;
mod fetch;
mod files;
mod forget;
mod gateway;
pub mod heartbeat;
mod incoming;
mod internal_event;
mod known;
mod lanes;
pub mod logging;
pub mod monitor;
pub mod observer;
mod program;
pub mod queue;
mod retrieval;
mod rules;
#[cfg(test)]
mod same_prompt;
mod sending;
pub mod settings;
mod shared;
pub mod status;
pub mod supervise;
pub mod text;
pub mod trigger;

pub use bot::{Ended, Setup, run, run_with};
pub use commands::{ChannelOrder, Order};
pub use config::BotConfig;
pub use error::Error;
pub use files::BotFiles;
pub use observer::{BotEvent, Observer};
pub use program::Program;

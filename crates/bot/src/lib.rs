//! The inference engine and, on top of it, the Discord bot.
//!
//! | part | does |
//! |---|---|
//! | [`engine`], [`backend`] | where replies come from: the model on a thread of this process, or a server |
//! | [`memory`] | vectors of past messages, and the search for those that are like a text |
//! | `gateway`, `catchup`, `notice` | what is written on Discord, live and missed, into the bot's memory |
//! | [`trigger`], [`queue`], `dispatcher`, `lanes` | what is answered, in which order, and what is dropped |
//! | [`context`], `answer`, [`text`], `sending` | from a question to the reply in the channel |
//! | `commands`, [`settings`], `feedback` | what admins and members tell the bot |
//!
//! Invariants: the loop never waits for the model; no message is answered twice; nothing that is sent pings anybody.

mod answer;
pub mod backend;
mod bot;
mod catchup;
mod commands;
pub mod config;
pub mod context;
mod database;
mod dispatcher;
pub mod engine;
mod error;
mod feedback;
mod fetch;
mod forget;
mod gateway;
pub mod heartbeat;
mod inner;
mod lanes;
mod lock;
pub mod logging;
pub mod memory;
pub mod monitor;
mod notice;
pub mod observer;
mod place;
mod program;
pub mod queue;
mod retrieval;
mod sending;
pub mod settings;
mod shared;
pub mod status;
pub mod supervise;
pub mod text;
pub mod trigger;

pub use bot::{Ended, Setup, run, run_with};
pub use config::BotConfig;
pub use error::Error;
pub use observer::{Happening, Observer};
pub use place::Place;
pub use program::Program;

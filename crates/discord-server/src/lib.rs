//! Discord-compatible server on loopback for tests, checked against Discord's own description of its API.
//!
//! [`Server::start`] serves a [`World`]: REST below `/api/v10`, the gateway at `/`. Every request and every answer is
//! checked against `openapi.json`; mismatches are in [`Server::violations`], which tests expect to be empty.
//! [`Server::faults`] and [`Server::trouble`] make faults on purpose.
//!
//! The server has a thread and a runtime of its own, so that tests with and without a runtime can use it.

mod change;
mod faults;
mod gateway;
mod generate;
pub mod ids;
mod interaction;
mod listener;
mod message;
mod odd;
mod record;
mod render;
mod rest;
mod schema;
mod server;
mod state;
mod world;

pub use faults::{Chance, Fault, Faults, Matching, TooMany};
pub use gateway::{Identify, Trouble, intents};
pub use generate::{Generate, generate};
pub use interaction::Interaction;
pub use message::{Attachment, DEFAULT, Message, REPLY, Reaction};
pub use odd::{Oddity, described_oddities, undescribed_oddities};
pub use record::{Request, busiest, served};
pub use server::Server;
pub use state::Validation;
pub use world::{Access, Channel, Guild, Kind, TOKEN, Thread, User, World};

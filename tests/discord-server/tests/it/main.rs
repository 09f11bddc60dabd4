//! The server as serenity's real client sees it.

mod faults;
mod gateway;
mod history;
mod messages;
mod support;

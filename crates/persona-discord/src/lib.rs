//! Client for Discord's API: paced and repeated requests, and decoded messages.
//!
//! Requests are built with serenity's types, but not sent with its client: its limiter ignores the base address, waits
//! without bound and never repeats a failed request, and one odd message costs it the whole page.
//!
//! Promises of this crate:
//!
//! - The token appears in no error, log or debug output.
//! - Requests are paced per channel and in all, repeated a bounded number of times, and never wait longer than the
//!   configured cap.
//! - A request that Discord may have carried out is repeated only where that changes nothing.
//! - Every message of a page is decoded by itself. Odd messages are returned as they are.
//!
//! Invariant: this crate uses no SQL and no files.

mod calls;
mod config;
mod error;
pub mod fields;
pub mod kinds;
mod limiter;
mod message;
mod page;
mod receive;
mod request_label;
mod rest;
mod retry;
pub mod snowflake;
mod threads;
pub mod time;
mod token;

#[cfg(test)]
mod tests;

pub use calls::{Account, Application, ChannelInfo, Gateway, MESSAGES_PER_PAGE};
pub use config::ApiConfig;
pub use error::Error;
pub use message::{DecodeError, DecodedMessage, decode};
pub use page::{List, OddRecord, Page, PagePosition};
pub use rest::{Answer, Rest};
pub use threads::{ThreadList, Threads};
pub use token::Token;

//! Discord's API: requests that are paced and repeated, and messages as the store knows them.
//!
//! The shapes of requests are serenity's; sending them is not, because its limiter ignores the base address, waits without bound
//! and never repeats a request that failed, and its pages are lost whole when one message in them is odd.
//!
//! What this crate promises:
//!
//! - The token is in no error, no log and no debug output.
//! - A request is paced per channel and in all, repeated a bounded number of times, and never waits longer than the configured cap.
//! - A request that might have been carried out is repeated only where that changes nothing.
//! - Every message of a page is decoded by itself. One that cannot be understood is handed over as it came.
//!
//! Invariant: no SQL here, and no files.

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

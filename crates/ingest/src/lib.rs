//! Reads chat history into the store, from exports of every common format and from [Discord itself](discord).
//!
//! A file's format is recognised from its content, never from its name. Files are streamed: memory holds one batch of
//! messages, however long the history. Each message is decoded by itself, so that an odd one is counted and reported
//! with its place while the rest is stored. Of a file that breaks off, everything before the break is stored.
//!
//! Invariant: only this crate and the bot talk to Discord.

mod archive;
mod companions;
mod dce;
pub mod discord;
mod document;
mod elements;
mod error;
mod look;
mod output;
mod package;
mod recognise;
mod record;
mod report;
mod run;
mod scan;
mod sink;
mod sources;
mod table;

pub use error::{Error, Failure};
pub use look::not_an_export;
pub use report::{FileReport, Format, Odd, Report, Totals};
pub use run::{Config, Inputs, run, run_into};

//! The generated server.

use crate::{authors::Author, message::Message, words::Words};

/// Number of messages.
pub(crate) const MESSAGES: usize = 4000;
/// Number of messages that people wrote.
pub(crate) const HUMAN: usize = 3650;

/// Generated server.
#[derive(Debug)]
pub(crate) struct Server<'w> {
    /// Content of the data files.
    pub(crate) words: &'w Words,
    /// Snowflake of the server.
    pub(crate) guild: u64,
    /// Name of the server.
    pub(crate) name: &'w str,
    /// Start of the first day, in milliseconds since 1970-01-01 UTC.
    pub(crate) start_ms: i64,
    /// People on the server.
    pub(crate) cast: Vec<Author<'w>>,
    /// Snowflakes of the channels.
    pub(crate) channels: Vec<u64>,
    /// All messages, oldest first.
    pub(crate) messages: Vec<Message<'w>>,
}

impl Server<'_> {
    /// Messages that people wrote, without system messages.
    pub(crate) fn said(&self) -> impl Iterator<Item = &Message<'_>> {
        self.messages
            .iter()
            .filter(|message| message.by.is_human() && matches!(message.kind, "Default" | "Reply"))
    }
}

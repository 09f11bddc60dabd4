//! A whole server.

use crate::{authors::Author, message::Message, words::Words};

/// How many messages there are.
pub(crate) const MESSAGES: usize = 4000;
/// How many of them people wrote.
pub(crate) const HUMAN: usize = 3650;

/// A server.
#[derive(Debug)]
pub(crate) struct Server<'w> {
    /// What it was made of.
    pub(crate) words: &'w Words,
    /// Snowflake.
    pub(crate) guild: u64,
    /// Name.
    pub(crate) name: &'w str,
    /// First day, in milliseconds since 1970.
    pub(crate) start_ms: i64,
    /// The people.
    pub(crate) cast: Vec<Author<'w>>,
    /// Snowflakes of the channels.
    pub(crate) channels: Vec<u64>,
    /// All messages, oldest first.
    pub(crate) messages: Vec<Message<'w>>,
}

impl Server<'_> {
    /// What people said, without notices about them.
    pub(crate) fn said(&self) -> impl Iterator<Item = &Message<'_>> {
        self.messages
            .iter()
            .filter(|message| message.by.is_human() && matches!(message.kind, "Default" | "Reply"))
    }
}

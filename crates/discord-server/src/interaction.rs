//! Somebody uses a command.

use std::time::{Duration, Instant};

use serde_json::Value;

/// An interaction and what became of it.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// Its snowflake.
    pub id: u64,
    /// The secret that answers it.
    pub token: String,
    /// Channel of the interaction.
    pub channel_id: u64,
    /// User who gave the command.
    pub user_id: u64,
    /// Time at which it was sent.
    pub sent: Instant,
    /// Time of the first answer.
    pub acknowledged: Option<Instant>,
    /// Whether the answer was put off at first.
    pub deferred: bool,
    /// Whether only the one who asked sees the answer.
    pub ephemeral: bool,
    /// The answer as it stands now.
    pub content: Option<String>,
    /// `allowed_mentions` of the newest answer.
    pub allowed_mentions: Value,
    /// Further messages.
    pub follow_ups: Vec<String>,
    /// Whether the answer was deleted.
    pub deleted: bool,
    /// The message that the answer is.
    pub message_id: u64,
}

impl Interaction {
    /// Time until the first answer.
    pub fn waited(&self) -> Option<Duration> {
        self.acknowledged.map(|at| at - self.sent)
    }
}

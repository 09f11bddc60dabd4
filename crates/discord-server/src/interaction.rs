//! Interactions: somebody uses a slash command.

use std::time::{Duration, Instant};

use serde_json::Value;

/// Interaction with its answers.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// Snowflake of the interaction.
    pub id: u64,
    /// Token with which the bot answers.
    pub token: String,
    /// Channel of the interaction.
    pub channel_id: u64,
    /// User who gave the command.
    pub user_id: u64,
    /// Time at which it was sent.
    pub sent: Instant,
    /// Time of the first answer.
    pub acknowledged: Option<Instant>,
    /// Whether the first answer was deferred.
    pub deferred: bool,
    /// Whether only the user who gave the command sees the answer.
    pub ephemeral: bool,
    /// Current text of the answer.
    pub content: Option<String>,
    /// `allowed_mentions` of the newest answer.
    pub allowed_mentions: Value,
    /// Texts of follow-up messages.
    pub follow_ups: Vec<String>,
    /// Whether the answer was deleted.
    pub deleted: bool,
    /// Id of the answer as a message.
    pub message_id: u64,
}

impl Interaction {
    /// Time until the first answer.
    pub fn waited(&self) -> Option<Duration> {
        self.acknowledged.map(|at| at - self.sent)
    }
}

//! Who is told what the bot does: statistics, heartbeats, tests.

use std::time::Duration;

/// Something worth counting that the bot did or met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BotEvent {
    /// A message of a person in an allowed channel was read.
    Seen,
    /// A message was answered.
    Answered {
        /// From the message's own time to the sent reply.
        latency: Duration,
        /// Tokens of the reply.
        tokens: usize,
        /// How long they took, without waiting for other replies.
        writing: Duration,
    },
    /// A message was to be answered and was not, because others came after it or its author was just answered.
    Dropped,
    /// A search for past messages ended; what it found is there for the next reply in its channel.
    LookedUp,
    /// Answering a message, or an order, failed.
    Failed,
}

/// A listener. It is called from the middle of the work and must return at once.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn happened(&self, event: &BotEvent) {
        let _ = event;
    }

    /// The bot is alive; called every few seconds from the loop that everything goes through.
    fn alive(&self) {}
}

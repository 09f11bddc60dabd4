//! Events of the running bot for observers: statistics, heartbeat, tests.

use std::time::Duration;

/// Event that an observer may count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BotEvent {
    /// A message of a person in an allowed channel was read.
    MessageRead,
    /// A reply was sent.
    Answered {
        /// From the message's own time to the sent reply.
        latency: Duration,
        /// Number of tokens in the reply.
        tokens: usize,
        /// Time spent on generating, without waiting for other replies.
        writing: Duration,
    },
    /// A message that should be answered was not: later ones displaced it, or its author was just answered.
    Dropped,
    /// A search for past messages ended; its result is ready for the next reply in its channel.
    LookedUp,
    /// Answering a message, or an order, failed.
    Failed,
}

/// Observer of the bot's events. It is called from the bot's tasks and must return at once.
pub trait Observer: Send + Sync {
    /// Called for every event.
    fn on_event(&self, event: &BotEvent) {
        let _ = event;
    }

    /// Called every few seconds by the event loop.
    fn alive(&self) {}
}

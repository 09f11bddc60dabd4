//! Events that the bot's own tasks send to the event loop.

use persona_core::Id;

use crate::gateway::ReceivedMessage;

/// Events that the bot's own tasks send to the event loop.
#[derive(Debug)]
pub(crate) enum InternalEvent {
    /// Missed messages of one channel, oldest first. Those before `answer_from` are context only.
    Missed {
        messages: Vec<ReceivedMessage>,
        answer_from: Id,
    },
    /// An admin ordered a restart.
    Restart,
}

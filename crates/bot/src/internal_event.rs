//! Events that the bot's own tasks send to the event loop.

use persona_core::Id;

use crate::gateway::ReceivedMessage;

/// Events that the bot's own tasks send to the event loop.
#[derive(Debug)]
pub(crate) enum InternalEvent {
    /// Messages of one channel that were missed, oldest first. Those before `answer_from` are context only.
    Missed {
        messages: Vec<ReceivedMessage>,
        answer_from: Id,
    },
    /// An admin ordered a restart.
    Restart,
}

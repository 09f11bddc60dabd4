//! What the parts of the bot tell its loop.

use persona_core::Id;

use crate::gateway::Seen;

/// News from inside.
#[derive(Debug)]
pub(crate) enum Inner {
    /// Messages of one channel that were missed, oldest first. Those before `answer_from` are context only.
    Missed { seen: Vec<Seen>, answer_from: Id },
    /// An admin wants the program to start anew.
    Restart,
}

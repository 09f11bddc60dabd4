//! The settings of a stage as its manifest records them.

use persona_core::{ConversationForm, Sampling};
use serde::Serialize;

/// A stage's own section with what it shares with others: results of another form of conversations do not hold.
#[derive(Serialize)]
pub(super) struct Settings<'a, C> {
    #[serde(flatten)]
    pub(super) config: &'a C,
    pub(super) conversation: &'a ConversationForm,
    /// For stages that draw replies, or say how to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sampling: Option<&'a Sampling>,
}

//! Settings of a stage as its manifest records them.

use persona_core::{ConversationForm, Sampling};
use serde::Serialize;

/// A stage's own section and the shared ones: results of another form of conversations do not hold.
#[derive(Serialize)]
pub(super) struct Settings<'a, C> {
    #[serde(flatten)]
    pub(super) config: &'a C,
    pub(super) conversation: &'a ConversationForm,
    /// Sampling, of stages that generate replies or record how to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sampling: Option<&'a Sampling>,
}

//! The stages as the command line runs them: what goes in, and which library does the work.

pub(crate) mod base;
pub(crate) mod dataset;
pub(crate) mod dpo;
pub(crate) mod embeddings;
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod ingest;
pub(crate) mod sft;

use persona_core::ConversationForm;
use serde::Serialize;

/// The section of a stage with the form of conversations, for its manifest: results of another form do not hold.
#[derive(Serialize)]
struct WithForm<'a, C> {
    #[serde(flatten)]
    config: &'a C,
    conversation: &'a ConversationForm,
}

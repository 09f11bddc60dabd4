//! Stages of runs that hold examples of forgotten people, and notes about them.
//!
//! Such a stage gets a note beside its manifest that says when, and how many; never who. It is stale: the pipeline builds it anew,
//! from nothing.

mod examples;
mod lineage;
mod notes;

pub use lineage::{AffectedStage, held, note, noted, told};
pub use notes::{Examples, FILE_NAME, Note, Notes, is_noted, load, warning};

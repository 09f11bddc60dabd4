//! The stages as the command line runs them: what goes in, what comes out, and the manifest that ties both together.
//!
//! Each file has `plan`, what the stage would do with what lies there now, and `run`, which does it unless it is done.

pub(crate) mod dataset;
pub(crate) mod dpo;
pub(crate) mod embeddings;
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod ingest;
pub(crate) mod sft;

use std::{collections::BTreeMap, path::Path};

use anyhow::Result;
use persona_core::manifest;

/// What goes into a stage: hashes by role.
pub(crate) type Hashes = BTreeMap<String, String>;

/// Adds the hash of the file or folder at `path` under `role`.
fn add(hashes: &mut Hashes, role: &str, path: &Path) -> Result<()> {
    hashes.insert(role.to_owned(), manifest::hash_path(path)?);
    Ok(())
}

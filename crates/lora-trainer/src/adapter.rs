//! The adapter that a recipe trains: where it begins, and where it is written.

use std::path::Path;

use persona_core::{ConversationForm, atomic, hash::hash_path, layout};

use crate::{error::Error, executor::Executor};

/// Where training begins.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The base model, a folder in Hugging Face layout. Its weights stay as they are.
    pub base: &'a Path,
    /// An adapter to train further; `None` starts a fresh one.
    pub adapter: Option<&'a Path>,
}

impl Start<'_> {
    /// A hash of the adapter's files, for the identity of a run.
    pub fn adapter_hash(&self) -> Result<String, Error> {
        match self.adapter {
            Some(folder) => Ok(hash_path(folder)?),
            None => Ok("fresh".to_owned()),
        }
    }
}

/// Writes the adapter that `executor` trained, and the form that it was trained with, to `out/adapter`. The base is named by its
/// folder, wherever that lies.
pub fn save(
    executor: &dyn Executor,
    base: &Path,
    form: &ConversationForm,
    out: &Path,
) -> Result<(), Error> {
    let name = base.file_name().unwrap_or_default().to_string_lossy();
    let adapter = executor.adapter(&name)?;
    atomic::replace_folder(&out.join(layout::ADAPTER), |folder| {
        form.save(folder)?;
        Ok(adapter.save(folder)?)
    })
}

//! Adapter of a recipe: where training starts from, and saving it.

use std::path::Path;

use persona_core::{ConversationForm, atomic, hash::hash_path, layout};

use crate::{error::Error, executor::Executor};

/// Base and adapter that training starts from.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// Base, a folder in Hugging Face layout. Its weights stay as they are.
    pub base: &'a Path,
    /// Adapter to train further; `None` starts a fresh one.
    pub adapter: Option<&'a Path>,
}

impl Start<'_> {
    /// Hash of the adapter's files, for the identity of a run.
    pub fn adapter_hash(&self) -> Result<String, Error> {
        match self.adapter {
            Some(folder) => Ok(hash_path(folder)?),
            None => Ok("fresh".to_owned()),
        }
    }
}

/// Writes the adapter that `executor` trained, and the form that it was trained with, to `out/adapter`. Its configuration names
/// the base by the folder's name, without the path.
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

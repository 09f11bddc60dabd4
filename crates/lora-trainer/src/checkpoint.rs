//! Checkpoints: everything from which an unfinished run goes on bit for bit.
//!
//! A checkpoint is one safetensors file, so that a rename replaces the old one and a kill leaves either. Its metadata
//! hold the place in the run and what the run was made of. Random numbers belong to steps, not to a running generator,
//! so the step is all the random state there is.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use persona_core::FileError;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    metrics::{Pending, SavedRecord},
    tensor_file::{self, NamedTensor},
};

/// File name of the checkpoint in the folder of a stage.
pub const FILE_NAME: &str = "checkpoint.safetensors";

const STATE: &str = "state";

/// What a run is made of, by role. A checkpoint is only good for the same run.
pub type Identity = BTreeMap<String, String>;

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What the run is made of.
    pub identity: Identity,
    /// Optimizer steps done.
    pub step: usize,
    /// Tokens computed so far.
    pub tokens: u64,
    /// The step after which was last evaluated.
    pub evaluated: Option<usize>,
    /// [`Pending`] sums as bits.
    pub pending: Vec<u64>,
    /// Records of `metrics.jsonl` so far.
    pub metrics: Vec<SavedRecord>,
}

impl State {
    /// The sums since the last record.
    pub fn pending(&self) -> Option<Pending> {
        Pending::from_bits(&self.pending)
    }
}

/// A checkpoint read from disk.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Where the run stands.
    pub state: State,
}

/// Why there is nothing to go on from.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    /// There is no checkpoint.
    None,
    /// There is one that does not serve; the text says why.
    Unusable(String),
}

impl Checkpoint {
    /// Reads the checkpoint in `folder` if it belongs to the run that `identity` describes.
    pub fn load(folder: &Path, identity: &Identity) -> Result<Self, Missing> {
        let path = folder.join(FILE_NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Missing::None);
            }
            Err(error) => return Err(Missing::Unusable(error.to_string())),
        };
        let state = read_state(&bytes).map_err(Missing::Unusable)?;
        let changed: Vec<&str> = identity
            .keys()
            .chain(state.identity.keys())
            .filter(|key| identity.get(*key) != state.identity.get(*key))
            .map(String::as_str)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        if !changed.is_empty() {
            let changed = changed.join("`, `");
            return Err(Missing::Unusable(format!(
                "it is of another run: `{changed}` changed"
            )));
        }
        Ok(Self { path, bytes, state })
    }

    /// The tensors in it.
    pub fn tensors(&self) -> Result<SafeTensors<'_>, FileError> {
        SafeTensors::deserialize(&self.bytes)
            .map_err(|error| FileError::content(&self.path, "header", error))
    }

    /// The error for a tensor that should be in it.
    pub fn lacks(&self, name: &str) -> FileError {
        let message = "missing or of another size than the parameters of this run";
        FileError::content(&self.path, format!("tensor `{name}`"), message)
    }
}

fn read_state(bytes: &[u8]) -> Result<State, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let state = header
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(STATE))
        .ok_or("its metadata lack `state`")?;
    serde_json::from_str(state).map_err(|error| format!("its state: {error}"))
}

/// Writes a checkpoint into `folder`, in the place of the one before.
pub fn save(folder: &Path, state: &State, tensors: &[NamedTensor<'_>]) -> Result<(), FileError> {
    let path = folder.join(FILE_NAME);
    let text =
        serde_json::to_string(state).map_err(|error| FileError::write(&path)(error.into()))?;
    tensor_file::write(&path, json!({ STATE: text }), tensors)
}

/// Removes the checkpoint of a finished run.
pub fn remove(folder: &Path) -> Result<(), FileError> {
    let path = folder.join(FILE_NAME);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::write(&path)(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;

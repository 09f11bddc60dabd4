//! Checkpoints: everything that an unfinished run needs to continue bit for bit.
//!
//! A checkpoint is one safetensors file, so that a rename replaces the old one and a kill leaves one of the two. Its
//! metadata hold the progress and the identity of the run. Random numbers are derived from the step, not drawn from a
//! running generator, so the step is all the random state there is.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use persona_core::{FileError, atomic};
use persona_model::tensor_file::{self, NamedTensor};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::metrics::{Pending, SavedRecord};

/// File name of the checkpoint in the folder of a stage.
pub const FILE_NAME: &str = "checkpoint.safetensors";

const STATE: &str = "state";

/// Identity of a run: hashes and settings by role. A checkpoint is good for the same identity only.
pub type Identity = BTreeMap<String, String>;

/// Progress of an unfinished run, as a checkpoint holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainingState {
    /// Identity of the run.
    pub identity: Identity,
    /// Number of optimizer steps done.
    pub step: usize,
    /// Number of tokens computed so far.
    pub tokens: u64,
    /// Step after which the last evaluation was made.
    pub evaluated: Option<usize>,
    /// Sums since the last record: [`Pending`] as bit patterns.
    pub pending: Vec<u64>,
    /// Records of `metrics.jsonl` so far.
    pub metrics: Vec<SavedRecord>,
}

impl TrainingState {
    /// Returns the sums since the last record; `None` where the saved ones have the wrong length.
    pub fn pending(&self) -> Option<Pending> {
        Pending::from_bits(&self.pending)
    }
}

/// A checkpoint read from disk.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Progress of the run.
    pub state: TrainingState,
}

/// Reason for which there is no checkpoint to continue from.
#[derive(Clone, Debug, PartialEq)]
pub enum NoCheckpoint {
    /// There is no checkpoint.
    Absent,
    /// There is a checkpoint that cannot be used; the text says why.
    Unusable(String),
}

impl Checkpoint {
    /// Reads the checkpoint in `folder` if it belongs to the run that `identity` describes.
    pub fn load(folder: &Path, identity: &Identity) -> Result<Self, NoCheckpoint> {
        let path = folder.join(FILE_NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(NoCheckpoint::Absent);
            }
            Err(error) => return Err(NoCheckpoint::Unusable(error.to_string())),
        };
        let state = read_state(&bytes).map_err(NoCheckpoint::Unusable)?;
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
            return Err(NoCheckpoint::Unusable(format!(
                "it is of another run: `{changed}` changed"
            )));
        }
        Ok(Self { path, bytes, state })
    }

    /// Reads the tensors of the checkpoint.
    pub fn tensors(&self) -> Result<SafeTensors<'_>, FileError> {
        SafeTensors::deserialize(&self.bytes)
            .map_err(|error| FileError::content(&self.path, "header", error))
    }

    /// Error for a tensor that is missing, or has the wrong size.
    pub fn lacks(&self, name: &str) -> FileError {
        let message = "missing or of another size than the parameters of this run";
        FileError::content(&self.path, format!("tensor `{name}`"), message)
    }
}

fn read_state(bytes: &[u8]) -> Result<TrainingState, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let state = header
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(STATE))
        .ok_or("its metadata lack `state`")?;
    serde_json::from_str(state).map_err(|error| format!("its state: {error}"))
}

/// Writes a checkpoint into `folder`, in place of the previous one.
pub fn save(
    folder: &Path,
    state: &TrainingState,
    tensors: &[NamedTensor<'_>],
) -> Result<(), FileError> {
    let path = folder.join(FILE_NAME);
    let text =
        serde_json::to_string(state).map_err(|error| FileError::write(&path)(error.into()))?;
    tensor_file::write(&path, json!({ STATE: text }), tensors)
}

/// Removes the checkpoint of a finished run.
pub fn remove(folder: &Path) -> Result<(), FileError> {
    atomic::remove(&folder.join(FILE_NAME))
}

#[cfg(test)]
mod tests;

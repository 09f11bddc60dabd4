//! What a finished stage leaves behind, so that the next run can tell whether its work still holds.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{atomic, error::FileError};

/// File name of the manifest in the folder of a stage.
pub const FILE_NAME: &str = "manifest.json";

/// File name of the manifest that a stage is about to fill; it is there while the stage is at work, and after a kill.
pub const PLAN_NAME: &str = "plan.json";

/// The record of a finished stage. It holds no times, so that the same work leaves the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Which stage.
    pub stage: String,
    /// Version of Persona that did the work.
    pub version: String,
    /// The resolved configuration of the stage.
    pub config: Value,
    /// The seed, where chance is involved.
    pub seed: Option<u64>,
    /// Hashes of what went in, by role (not by path: moving a folder changes nothing).
    pub inputs: BTreeMap<String, String>,
    /// Hashes of what came out, by file name relative to the folder of the stage.
    pub outputs: BTreeMap<String, String>,
    /// Figures worth showing: counts, losses, scores.
    pub figures: Value,
}

impl Manifest {
    /// Reads the manifest in `folder`; `None` where there is none or it cannot be understood (the stage then runs again).
    pub fn load(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE_NAME)).ok()?).ok()
    }

    /// What the stage in `folder` did when it ran last, finished or not.
    pub fn last(folder: &Path) -> Option<Self> {
        Self::load(folder)
            .or_else(|| serde_json::from_slice(&fs::read(folder.join(PLAN_NAME)).ok()?).ok())
    }

    /// Writes the manifest into `folder`. It is the last file of a stage: while it is missing the stage is not done.
    pub fn save(&self, folder: &Path) -> Result<(), FileError> {
        atomic::write_json(&folder.join(FILE_NAME), self)
    }

    /// Whether the same stage with the same config, seed, version and inputs was recorded, and the outputs in `folder`
    /// are still the files that were written then.
    pub fn still_matches(&self, planned: &Self, folder: &Path) -> bool {
        self.stage == planned.stage
            && self.version == planned.version
            && self.config == planned.config
            && self.seed == planned.seed
            && self.inputs == planned.inputs
            && self
                .outputs
                .iter()
                .all(|(name, hash)| hash_file(&folder.join(name)).is_ok_and(|found| found == *hash))
    }
}

/// BLAKE3 of a file's bytes, in hexadecimal.
pub fn hash_file(path: &Path) -> Result<String, FileError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(FileError::read(path))?;
    hasher.update_reader(file).map_err(FileError::read(path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// BLAKE3 over the names and bytes of all files below `folder`, or of the one file that `folder` is.
pub fn hash_path(folder: &Path) -> Result<String, FileError> {
    if folder.is_file() {
        return hash_file(folder);
    }
    let mut hasher = blake3::Hasher::new();
    let mut entries: Vec<_> = fs::read_dir(folder)
        .map_err(FileError::read(folder))?
        .collect::<Result<_, _>>()
        .map_err(FileError::read(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        hasher.update(entry.file_name().as_encoded_bytes());
        hasher.update(&[0]);
        hasher.update(hash_path(&entry.path())?.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

//! Manifests: the record of a finished stage, by which the next run sees whether its results still hold.

use std::{collections::BTreeMap, fs, path::Path};

use persona_core::{FileError, atomic, hash};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::stage::Stage;

/// Name of the manifest in the folder of a stage.
pub const FILE_NAME: &str = "manifest.json";

/// Name of the plan: the manifest without results, there while the stage is at work and after a kill.
pub const PLAN_NAME: &str = "plan.json";

/// Record of a finished stage. It holds no times, so that the same work leaves the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the stage.
    pub stage: Stage,
    /// Version of Persona that ran the stage.
    pub version: String,
    /// Resolved configuration of the stage.
    pub config: Value,
    /// Seed, where chance is involved.
    pub seed: Option<u64>,
    /// Hashes of the inputs, by role (not by path: moving a folder changes nothing).
    pub inputs: BTreeMap<String, String>,
    /// Hashes of the outputs, by file name relative to the folder of the stage.
    pub outputs: BTreeMap<String, String>,
    /// Figures worth showing: counts, losses, scores.
    pub figures: Value,
}

impl Manifest {
    /// Plan of a stage: its manifest before the results are known.
    pub fn planned(
        stage: Stage,
        config: Value,
        seed: Option<u64>,
        inputs: BTreeMap<String, String>,
    ) -> Self {
        Self {
            stage,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            config,
            seed,
            inputs,
            outputs: BTreeMap::new(),
            figures: Value::Null,
        }
    }

    /// Reads the manifest in `folder`; `None` where there is none or it cannot be understood (the stage then runs again).
    pub fn load(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(FILE_NAME)).ok()?).ok()
    }

    /// Manifest or plan of the last run of the stage in `folder`, finished or not.
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
            && self.outputs.iter().all(|(name, hash)| {
                hash::hash_file(&folder.join(name)).is_ok_and(|found| found == *hash)
            })
    }
}

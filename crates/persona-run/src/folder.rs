//! The folder of a run and of its stages.

use std::path::{Path, PathBuf};

use persona_core::layout;

use crate::{manifest::Manifest, stage::Stage};

/// Name of the folder that holds all runs.
pub const RUNS: &str = "runs";

/// Folder of one run: `runs/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// Run in the folder `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Run called `name`, below the current folder.
    pub fn named(name: &str) -> Self {
        Self::new(Path::new(RUNS).join(name))
    }

    /// Path of the folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Name of the run: that of its folder.
    pub fn name(&self) -> String {
        let name = self.root.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Folder of one stage.
    pub fn stage(&self, stage: Stage) -> PathBuf {
        self.root.join(stage.name())
    }

    /// Path of the settings that the run was made with.
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// Path of the run's own store. Runs of one server share a store by giving its path in the configuration.
    pub fn store(&self) -> PathBuf {
        self.root.join("persona.sqlite")
    }

    /// Folder of the dataset, where it is finished.
    pub fn dataset(&self) -> Option<PathBuf> {
        let folder = self.stage(Stage::Dataset);
        let built = folder.join(layout::dataset::CONVERSATIONS).is_file();
        built.then_some(folder)
    }

    /// Folder of a training stage's adapter, where the stage is finished.
    pub fn adapter(&self, stage: Stage) -> Option<PathBuf> {
        let folder = self.stage(stage);
        Manifest::load(&folder).map(|_| folder.join(layout::ADAPTER))
    }
}

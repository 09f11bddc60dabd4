//! The folder of a run, and where the results of its stages lie.

use std::path::{Path, PathBuf};

use persona_core::layout;

use crate::{manifest::Manifest, stage::Stage};

/// The folder of all runs.
pub const RUNS: &str = "runs";

/// The folder of one run: `runs/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// The run that lies at `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The run called `name`, below the current folder.
    pub fn named(name: &str) -> Self {
        Self::new(Path::new(RUNS).join(name))
    }

    /// The run's own folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The run's name: that of its folder.
    pub fn name(&self) -> String {
        let name = self.root.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The folder of one stage.
    pub fn stage(&self, stage: Stage) -> PathBuf {
        self.root.join(stage.name())
    }

    /// The settings that the run was made with.
    pub fn config(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    /// The run's own store. Runs of one server share a store by giving its path in the configuration.
    pub fn store(&self) -> PathBuf {
        self.root.join("persona.sqlite")
    }

    /// The folder of the dataset, where it was built.
    pub fn dataset(&self) -> Option<PathBuf> {
        let folder = self.stage(Stage::Dataset);
        let built = folder.join(layout::dataset::CONVERSATIONS).is_file();
        built.then_some(folder)
    }

    /// The adapter of a training stage, where that is done.
    pub fn adapter(&self, stage: Stage) -> Option<PathBuf> {
        let folder = self.stage(stage);
        Manifest::load(&folder).map(|_| folder.join(layout::ADAPTER))
    }
}

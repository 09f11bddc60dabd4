//! A run as the configuration names it: its folder, its store, its exports and its model.

use std::path::{Path, PathBuf};

use persona_core::{
    Hint,
    layout::{GGUF_BY_SIZE, gguf_file, is_plain_name},
};

use crate::{folder::RunFolder, manifest::Manifest, stage::Stage};

/// Name of the run that is meant where none is named.
pub const DEFAULT_RUN: &str = "default";

/// The sample server that comes with the repository.
pub const SAMPLE: &str = "data/sample";

/// A run, before anything of it needs to exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Name of the run.
    pub name: String,
    /// Folder of the run.
    pub folder: RunFolder,
    shared_store: Option<PathBuf>,
    input: Vec<PathBuf>,
}

/// Error about a name that no run can have: it would lead out of the folder of runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` cannot be the name of a run")]
pub struct NameError {
    /// Name as the user gave it.
    pub name: String,
}

impl Hint for NameError {
    fn hint(&self) -> Option<String> {
        Some("a run's name is a folder's name: letters, digits, `-`, `_` and `.`".to_owned())
    }
}

impl Run {
    /// Run called `name`, with the store that it shares with other runs, if any, and the exports to read.
    pub fn new(
        name: &str,
        shared_store: Option<PathBuf>,
        input: Vec<PathBuf>,
    ) -> Result<Self, NameError> {
        if !is_plain_name(name) {
            return Err(NameError {
                name: name.to_owned(),
            });
        }
        Ok(Self {
            name: name.to_owned(),
            folder: RunFolder::named(name),
            shared_store,
            input,
        })
    }

    /// Path of the store that the run reads.
    pub fn store(&self) -> PathBuf {
        self.shared_store
            .clone()
            .unwrap_or_else(|| self.folder.store())
    }

    /// Whether the store is the run's alone.
    pub fn has_own_store(&self) -> bool {
        self.shared_store.is_none()
    }

    /// Exports to read: those of the configuration, or the sample server. None where the run's store was filled by hand, from
    /// Discord or with `ingest export`: it is used as it is. `holds_history` says whether the store holds messages.
    pub fn sources(&self, holds_history: impl FnOnce() -> bool) -> Vec<PathBuf> {
        if !self.input.is_empty() {
            return self.input.clone();
        }
        match Manifest::last(&self.folder.stage(Stage::Ingest)) {
            Some(recorded) if recorded.inputs.is_empty() => Vec::new(),
            None if holds_history() => Vec::new(),
            _ => vec![locate(Path::new(SAMPLE))],
        }
    }

    /// Whether the run's store is that of the sample server.
    pub fn holds_sample(&self) -> bool {
        let sample = Path::new(SAMPLE).file_name().unwrap_or_default();
        self.has_own_store()
            && self.input.is_empty()
            && Manifest::last(&self.folder.stage(Stage::Ingest))
                .is_some_and(|recorded| recorded.inputs.contains_key(&*sample.to_string_lossy()))
    }

    /// Name of the run's model: `persona` for the default run, otherwise the run's name.
    pub fn model_name(&self) -> &str {
        if self.name == DEFAULT_RUN {
            "persona"
        } else {
            &self.name
        }
    }

    /// Command line of the xtask command `arguments` for this run.
    pub fn command(&self, arguments: &str) -> String {
        if self.name == DEFAULT_RUN {
            format!("cargo xtask {arguments}")
        } else {
            format!("cargo xtask {arguments} --run {}", self.name)
        }
    }

    /// Path of the GGUF file that is deployed: the smallest that was exported.
    pub fn model(&self) -> Option<PathBuf> {
        let folder = self.folder.stage(Stage::Export);
        GGUF_BY_SIZE
            .iter()
            .map(|quant| folder.join(gguf_file(self.model_name(), quant)))
            .find(|file| file.is_file())
    }
}

/// Resolves a path of the repository: below the current folder, or below the workspace when run from elsewhere.
pub fn locate(path: &Path) -> PathBuf {
    if path.is_absolute() || path.exists() {
        return path.to_owned();
    }
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(|xtask| Path::new(&xtask).join("..").join(path))
        .filter(|path| path.exists())
        .unwrap_or_else(|| path.to_owned())
}

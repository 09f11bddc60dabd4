//! Where things lie in a run folder. Stages agree on these names and on nothing else about each other.

use std::path::{Path, PathBuf};

/// Files of the dataset stage.
pub mod dataset {
    /// Conversations, one JSON record a line: what training and evaluation read.
    pub const CONVERSATIONS: &str = "conversations.jsonl";
    /// The same, one row per turn.
    pub const CONVERSATIONS_PARQUET: &str = "conversations.parquet";
    /// Preference pairs, one JSON record a line.
    pub const PAIRS: &str = "pairs.jsonl";
    /// The same as a table.
    pub const PAIRS_PARQUET: &str = "pairs.parquet";
    /// Who wrote how much, what was dropped and why.
    pub const STATISTICS: &str = "statistics.json";
}

/// Folder of the adapter inside the `sft` and `dpo` folders.
pub const ADAPTER: &str = "adapter";
/// Figures of training, one JSON record a logged step.
pub const METRICS: &str = "metrics.jsonl";
/// Folder of the merged Hugging Face checkpoint inside the `export` folder.
pub const MERGED: &str = "merged";
/// The report of an evaluation.
pub const REPORT: &str = "report.json";

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

    /// The run's own folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of one stage: `ingest`, `dataset`, `sft`, `dpo`, `export`, `eval`.
    pub fn stage(&self, stage: &str) -> PathBuf {
        self.root.join(stage)
    }

    /// The store of the run. Runs of one server share a store by giving its path in the configuration.
    pub fn store(&self) -> PathBuf {
        self.root.join("persona.sqlite")
    }
}

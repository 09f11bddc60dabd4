//! Paths of the bot's files.

use std::path::PathBuf;

use persona_run::RunFolder;

/// The store, the run that the model comes from, and the sentence model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotFiles {
    /// Path of the store.
    pub store: PathBuf,
    /// The run.
    pub run: RunFolder,
    /// A sentence model in Hugging Face layout, for retrieval.
    pub embedder: Option<PathBuf>,
}

impl BotFiles {
    /// Path of the heartbeat file, beside the store.
    pub fn heartbeat(&self) -> PathBuf {
        self.store.with_extension("heartbeat")
    }
}

//! Paths of the bot's files.

use std::path::PathBuf;

use persona_run::RunFolder;

/// Paths of the store, of the run that the model comes from, and of the embedder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotFiles {
    /// Path of the store.
    pub store: PathBuf,
    /// Folder of the run.
    pub run: RunFolder,
    /// Folder of the embedder in Hugging Face layout; `None` retrieves nothing.
    pub embedder: Option<PathBuf>,
}

impl BotFiles {
    /// Path of the heartbeat file, beside the store.
    pub fn heartbeat(&self) -> PathBuf {
        self.store.with_extension("heartbeat")
    }
}

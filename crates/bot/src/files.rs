//! Where the bot's files lie.

use std::path::PathBuf;

use persona_run::RunFolder;

/// The store, the run that the model comes from, and the sentence model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotFiles {
    /// The store.
    pub store: PathBuf,
    /// The run.
    pub run: RunFolder,
    /// A sentence model in Hugging Face layout, for retrieval.
    pub embedder: Option<PathBuf>,
}

impl BotFiles {
    /// Where a running bot leaves its signs of life: beside the store.
    pub fn heartbeat(&self) -> PathBuf {
        self.store.with_extension("heartbeat")
    }
}

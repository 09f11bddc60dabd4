//! State that all parts of a running bot share.

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use ingest::discord::FetchConfig;
use persona_core::{ConversationForm, Id, Sampling};
use persona_discord::{Rest, time::now_ms};
use persona_engine::Backend;
use persona_store::StoredAuthor;

use crate::{
    config::BotConfig, database::Database, files::BotFiles, known::Known, observer::Observer,
    retrieval::Retrieval,
};

/// State that all parts of a running bot share.
pub(crate) struct BotState {
    pub(crate) config: BotConfig,
    /// Form of conversations that the model was trained with.
    pub(crate) form: ConversationForm,
    /// Sampling settings, where no order changed them.
    pub(crate) sampling: Sampling,
    /// Seed of all random decisions.
    pub(crate) seed: u64,
    /// The bot's account id.
    pub(crate) me: Id,
    pub(crate) rest: Rest,
    pub(crate) backend: Backend,
    pub(crate) database: Database,
    pub(crate) retrieval: Option<Arc<Retrieval>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) files: BotFiles,
    pub(crate) started: Instant,
    /// Settings of the order `fetch`.
    pub(crate) fetch: FetchConfig,
    /// Whether a fetch is running.
    pub(crate) fetching: AtomicBool,
    pub(crate) known: Arc<Known>,
}

impl fmt::Debug for BotState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BotState")
            .field("me", &self.me)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl BotState {
    /// Records what the store knows of a person. The bot keeps its own pseudonym.
    pub(crate) fn remember_author(&self, stored: StoredAuthor) {
        if stored.author.id != self.me {
            self.known.people().insert(stored.into());
        }
    }

    /// Time from which messages are answered, in milliseconds since 1970-01-01 UTC.
    pub(crate) fn answer_since_ms(&self) -> i64 {
        now_ms() - i64::from(self.config.answer_within_minutes) * 60_000
    }
}

//! What every part of a running bot uses.

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

/// One bot.
pub(crate) struct Shared {
    pub(crate) config: BotConfig,
    /// The form of conversations that the model was trained with.
    pub(crate) form: ConversationForm,
    /// How replies are drawn, where no command changed it.
    pub(crate) sampling: Sampling,
    /// Chance follows from it.
    pub(crate) seed: u64,
    /// The bot's own account.
    pub(crate) me: Id,
    pub(crate) rest: Rest,
    pub(crate) backend: Backend,
    pub(crate) database: Database,
    pub(crate) retrieval: Option<Arc<Retrieval>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) files: BotFiles,
    pub(crate) started: Instant,
    /// How what is new is read, when that is ordered.
    pub(crate) fetch: FetchConfig,
    /// Whether it is being read.
    pub(crate) fetching: AtomicBool,
    pub(crate) known: Arc<Known>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("me", &self.me)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Shared {
    /// Notes what the store knows of somebody. The bot keeps its own pseudonym.
    pub(crate) fn remember_author(&self, stored: StoredAuthor) {
        if stored.author.id != self.me {
            self.known.people().insert(stored.into());
        }
    }

    /// The oldest time that a message to be answered may have.
    pub(crate) fn answer_since_ms(&self) -> i64 {
        now_ms() - i64::from(self.config.answer_within_minutes) * 60_000
    }
}

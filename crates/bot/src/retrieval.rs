//! Past messages that resemble what is talked about. A thread looks them up as messages come in; a reply takes what was found
//! and never waits.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread,
};

use persona_core::{Id, Progress, Turn};
use persona_recall::{Embedded, Recall};
use persona_store::Store;

use crate::{
    config::BotConfig,
    error::Error,
    known::Known,
    observer::{BotEvent, Observer},
};

mod board;
mod search;

pub(crate) use board::Query;

use board::Board;
use search::Search;

/// A handle of the thread that searches. The thread ends with it.
pub(crate) struct Retrieval {
    recall: Arc<Recall>,
    board: Arc<Board>,
    known: Arc<Known>,
    /// Whether anything is to be found at all.
    is_on: bool,
    silence_ms: i64,
}

impl Retrieval {
    /// Starts the thread, with `recall` and a connection with the store; `None` where there is no `recall`, which is told.
    pub(crate) fn start(
        store: &Path,
        config: &BotConfig,
        silence_minutes: u32,
        recall: Option<Recall>,
        known: Arc<Known>,
        observer: Arc<dyn Observer>,
    ) -> Result<Option<Self>, Error> {
        let Some(recall) = recall else {
            tracing::info!("past messages are not looked up: `embedder` is not set");
            return Ok(None);
        };
        let recall = Arc::new(recall);
        let store = Store::open_read_only(store)?;
        let vectors = store.count_embedded(recall.model())?;
        tracing::info!(
            model = recall.model(),
            vectors,
            "past messages are looked up"
        );
        let board = Arc::new(Board::default());
        let silence_ms = i64::from(silence_minutes) * 60_000;
        let search = Search::new(config, recall.clone(), store, known.clone());
        let shared = board.clone();
        thread::Builder::new()
            .name("retrieval".to_owned())
            .spawn(move || run(&shared, &search, silence_ms, &*observer))
            .map_err(Error::Thread)?;
        Ok(Some(Self {
            recall,
            board,
            known,
            is_on: config.retrieved > 0,
            silence_ms,
        }))
    }

    /// Computes the vectors that are missing, on a connection of its own.
    pub(crate) fn embed_new(
        &self,
        store: &Path,
        progress: &dyn Progress,
    ) -> Result<Embedded, Error> {
        Ok(self.recall.embed_new(&mut Store::open(store)?, progress)?)
    }

    /// Has messages like a text looked up. Returns at once; of a channel, only the latest text that waits is looked up.
    pub(crate) fn look_up(&self, query: Query) {
        if self.is_on && !query.text.is_empty() {
            self.board.want(query);
        }
    }

    /// What is ready for a reply in `channel` to something written at `asked_ms`, oldest first: what the last search there found,
    /// where it was in the same conversation. Without `exclude`, and without whoever has opted out, or was forgotten, since.
    pub(crate) fn ready(&self, channel: Id, asked_ms: i64, exclude: &BTreeSet<Id>) -> Vec<Turn> {
        let mut found = self
            .board
            .ready(channel, asked_ms.saturating_sub(self.silence_ms));
        let people = self.known.people();
        found.retain(|found| {
            let author = people.get(found.author_id);
            author.is_some_and(|person| !person.opted_out)
                && !exclude.contains(&found.turn.message_ids[0])
        });
        found.into_iter().map(|found| found.turn).collect()
    }
}

impl Drop for Retrieval {
    fn drop(&mut self) {
        self.board.close();
    }
}

/// Searches until the board is closed.
fn run(board: &Board, search: &Search, silence_ms: i64, observer: &dyn Observer) {
    while let Some(query) = board.next() {
        // A fault in the program costs one search, and not all of them.
        match catch_unwind(AssertUnwindSafe(|| search.nearest(&query))) {
            Ok(Ok(found)) => board.put(&query, found, silence_ms),
            Ok(Err(error)) => tracing::warn!(%error, "cannot look up past messages"),
            Err(_) => tracing::error!("looking up past messages met a fault in the program"),
        }
        observer.happened(&BotEvent::LookedUp);
    }
}

//! Past messages that resemble what is answered, looked up on a thread that may wait.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use persona_conversation::{drop_rule, normalised_text};
use persona_core::{Id, Progress, Turn, lock::locked};
use persona_recall::{Embedded, Recall};
use persona_store::{Scope, Store};

use crate::{config::BotConfig, context, error::Error, known::Known};

/// A reply does not wait longer for its memories.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// The sentence model, and a connection of its own, so that a search holds up nothing else.
pub(crate) struct Retrieval {
    recall: Recall,
    store: Mutex<Store>,
    /// The most messages that one search finds.
    count: usize,
    /// Messages that resemble the text less than this are not found.
    similarity_min: f64,
    /// Whether messages of all channels are found.
    everywhere: bool,
}

impl Retrieval {
    /// Opens the store for `recall`; `None` where there is none, which is told.
    pub(crate) fn open(
        store: &Path,
        config: &BotConfig,
        recall: Option<Recall>,
    ) -> Result<Option<Self>, Error> {
        let Some(recall) = recall else {
            tracing::info!("past messages are not looked up: `embedder` is not set");
            return Ok(None);
        };
        let store = Store::open_read_only(store)?;
        let vectors = store.count_embedded(recall.model())?;
        tracing::info!(
            model = recall.model(),
            vectors,
            "past messages are looked up"
        );
        Ok(Some(Self {
            recall,
            store: Mutex::new(store),
            count: config.retrieved,
            similarity_min: config.retrieved_similarity_min,
            everywhere: config.retrieve_everywhere,
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

    /// Messages like `text`, oldest first, none of `exclude`; nothing where that fails or takes too long.
    pub(crate) async fn nearest(
        self: Arc<Self>,
        known: Arc<Known>,
        text: String,
        channel: Id,
        exclude: BTreeSet<Id>,
    ) -> Vec<Turn> {
        if self.count == 0 {
            return Vec::new();
        }
        let search =
            tokio::task::spawn_blocking(move || self.search(&known, &text, channel, exclude));
        match tokio::time::timeout(WAIT_MAX, search).await {
            Ok(Ok(Ok(turns))) => turns,
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "cannot look up past messages");
                Vec::new()
            }
            Ok(Err(_)) => Vec::new(),
            Err(_) => {
                tracing::warn!(
                    channel_id = channel,
                    "looking up past messages takes too long; answering without"
                );
                Vec::new()
            }
        }
    }

    fn search(
        &self,
        known: &Known,
        text: &str,
        channel: Id,
        exclude: BTreeSet<Id>,
    ) -> Result<Vec<Turn>, Error> {
        let store = locked(&self.store);
        let scope = Scope {
            channels: if self.everywhere {
                None
            } else {
                Some(channels_around(&store, channel)?)
            },
            exclude,
        };
        let found = self.recall.nearest(&store, text, self.count, &scope)?;
        let mut turns = Vec::new();
        for neighbour in found {
            if neighbour.similarity < self.similarity_min {
                continue;
            }
            let Some(message) = store.message(neighbour.message_id)? else {
                continue;
            };
            let people = known.people();
            // The store leaves out who opted out; this also leaves out who opted out a moment ago.
            if drop_rule(&message, people.get(message.author_id)).is_some() {
                continue;
            }
            let text = normalised_text(&message, &people, &known.channel_names());
            turns.push(context::single_turn(
                &people,
                message.id,
                message.author_id,
                message.timestamp_ms,
                text,
            ));
        }
        turns.sort_by_key(|turn| (turn.timestamp_ms, turn.message_ids[0]));
        Ok(turns)
    }
}

/// The channel, what it lies in and its threads.
fn channels_around(store: &Store, channel: Id) -> Result<BTreeSet<Id>, Error> {
    let parent = store
        .channel(channel)?
        .and_then(|stored| stored.channel.parent_id);
    let mut channels = BTreeSet::from([channel]);
    for stored in store.channels()? {
        let id = stored.channel.id;
        let of_this = stored.channel.parent_id == Some(channel);
        if of_this || Some(id) == parent {
            channels.insert(id);
        }
    }
    Ok(channels)
}

//! One search: the past messages that are most like a text, as context.

use std::{collections::BTreeSet, sync::Arc};

use persona_conversation::{Person, drop_rule, normalised_text};
use persona_core::{Id, Message, Turn};
use persona_recall::Recall;
use persona_store::{Scope, Store};

use super::board::{Found, Query};
use crate::{config::BotConfig, error::Error, known::Known};

/// What searches take. They run on a connection of their own, so that they hold up nothing else.
pub(super) struct Search {
    pub(super) recall: Arc<Recall>,
    pub(super) store: Store,
    pub(super) known: Arc<Known>,
    /// The most messages that one search finds.
    pub(super) count: usize,
    /// Messages that resemble the text less than this are not found.
    pub(super) similarity_min: f64,
    /// Whether messages of all channels are found.
    pub(super) everywhere: bool,
    /// So many messages of a channel are its live memory, and not found.
    pub(super) memory_messages: usize,
}

impl Search {
    pub(super) fn new(
        config: &BotConfig,
        recall: Arc<Recall>,
        store: Store,
        known: Arc<Known>,
    ) -> Self {
        Self {
            recall,
            store,
            known,
            count: config.retrieved,
            similarity_min: config.retrieved_similarity_min,
            everywhere: config.retrieve_everywhere,
            memory_messages: config.memory_messages,
        }
    }

    /// Messages like the text of `query`, oldest first; none that the bot remembers anyway.
    pub(super) fn nearest(&self, query: &Query) -> Result<Vec<Found>, Error> {
        let store = &self.store;
        let memory = store.memory(query.channel, self.memory_messages)?;
        let scope = Scope {
            channels: if self.everywhere {
                None
            } else {
                Some(channels_around(store, query.channel)?)
            },
            exclude: memory.iter().map(|memory| memory.message_id).collect(),
        };
        let mut found = Vec::new();
        for neighbour in self
            .recall
            .nearest(store, &query.text, self.count, &scope)?
        {
            if neighbour.similarity >= self.similarity_min
                && let Some(message) = store.message(neighbour.message_id)?
            {
                found.extend(self.found(&message));
            }
        }
        found.sort_by_key(|found| (found.turn.timestamp_ms, found.turn.message_ids[0]));
        Ok(found)
    }

    /// A message as context; `None` where it must not be, or nobody knows by which name its author goes.
    fn found(&self, message: &Message) -> Option<Found> {
        let people = self.known.people();
        let author = people.get(message.author_id)?;
        if drop_rule(message, Some(author)).is_some() {
            return None;
        }
        let text = normalised_text(message, &people, &self.known.channel_names());
        Some(Found {
            author_id: message.author_id,
            turn: turn(message, author, text),
        })
    }
}

fn turn(message: &Message, author: &Person, text: String) -> Turn {
    Turn {
        message_ids: vec![message.id],
        author: author.pseudonym.clone(),
        text,
        timestamp_ms: message.timestamp_ms,
        reply_to: None,
        is_target: false,
        quoted: true,
        copies: 0,
        reactions: 0,
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

//! Texts of messages for the embedder.

use std::collections::BTreeMap;

use persona_conversation::{People, drop_rule, normalised_text};
use persona_core::{Id, Message};
use persona_store::Store;

use crate::error::Error;

/// Normalises messages as the dataset does.
pub(crate) struct Texts {
    people: People,
    channels: BTreeMap<Id, String>,
}

impl Texts {
    pub(crate) fn new(store: &Store) -> Result<Self, Error> {
        let channels = store.channels()?.into_iter();
        Ok(Self {
            people: store.authors()?.into_iter().map(Into::into).collect(),
            channels: channels
                .map(|stored| (stored.channel.id, stored.channel.name))
                .collect(),
        })
    }

    /// Text of `message`; `None` for messages that the dataset drops too.
    pub(crate) fn of(&self, message: &Message) -> Option<String> {
        let author = self.people.get(message.author_id);
        if drop_rule(message, author).is_some() {
            return None;
        }
        let text = normalised_text(message, &self.people, &self.channels);
        (!text.is_empty()).then_some(text)
    }
}

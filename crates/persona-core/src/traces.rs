//! Traces of a person in a dataset: their messages, and their pseudonym in those of others.

use std::collections::BTreeSet;

use crate::{
    chat::Id,
    conversation::{PreferencePair, Turn},
    mentions,
    speaker::speaker_of,
};

/// Ids of a person's messages, and the person's pseudonym.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Ids of the messages that the person wrote.
    pub messages: BTreeSet<Id>,
    /// Pseudonym of the person; `None` where the store does not know them.
    pub pseudonym: Option<String>,
}

impl Traces {
    /// Whether the person wrote any message of the turn.
    pub fn wrote(&self, turn: &Turn) -> bool {
        turn.message_ids.iter().any(|id| self.messages.contains(id))
    }

    /// Whether the person wrote the turn or is named in it.
    pub fn are_in(&self, turn: &Turn) -> bool {
        self.wrote(turn) || self.named_in(&turn.text)
    }

    /// Whether the person wrote a side of the pair, or speaks or is named in it.
    pub fn are_in_pair(&self, pair: &PreferencePair) -> bool {
        let ids = [Some(pair.chosen_id), pair.rejected_id];
        let messages = [&pair.prompt, &pair.chosen, &pair.rejected];
        ids.into_iter()
            .flatten()
            .any(|id| self.messages.contains(&id))
            || messages
                .into_iter()
                .flatten()
                .any(|message| self.named_in(&message.content))
    }

    fn named_in(&self, text: &str) -> bool {
        let pseudonym = self.pseudonym.as_deref();
        pseudonym.is_some_and(|pseudonym| {
            speaker_of(text) == Some(pseudonym)
                || mentions::replace_handle(text, pseudonym, "") != text
        })
    }
}

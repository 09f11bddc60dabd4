//! What a person leaves in a dataset: their messages, and their name in those of others.

use std::collections::BTreeSet;

use crate::{
    chat::Id,
    conversation::{PreferencePair, Turn},
    mentions,
    speaker::speaker_of,
};

/// A person, as a dataset knows them.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// What they wrote.
    pub messages: BTreeSet<Id>,
    /// How others name them; `None` where the store does not know them.
    pub pseudonym: Option<String>,
}

impl Traces {
    /// Whether any message of the turn is theirs.
    pub fn wrote(&self, turn: &Turn) -> bool {
        turn.message_ids.iter().any(|id| self.messages.contains(id))
    }

    /// Whether they wrote the turn or are named in it.
    pub fn are_in(&self, turn: &Turn) -> bool {
        self.wrote(turn) || self.named_in(&turn.text)
    }

    /// Whether they wrote a side of the pair, or speak or are named in it.
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

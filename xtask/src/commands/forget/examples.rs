//! How much of a person is in a dataset.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use persona_core::{
    Conversation, Id, Manifest, PreferencePair, Split, Turn, jsonl, layout::dataset, mentions,
};

use crate::forgotten::Examples;

/// Context turns of a dataset whose manifest does not say.
const CONTEXT_TURNS: usize = 5;

/// A person, as a dataset knows them.
pub(super) struct Traces {
    /// What they wrote.
    pub(super) messages: BTreeSet<Id>,
    /// How others name them; `None` where the store does not know them.
    pub(super) pseudonym: Option<String>,
}

impl Traces {
    fn wrote(&self, turn: &Turn) -> bool {
        turn.message_ids.iter().any(|id| self.messages.contains(id))
    }

    fn named_in(&self, text: &str) -> bool {
        let pseudonym = self.pseudonym.as_deref();
        pseudonym.is_some_and(|pseudonym| {
            text.starts_with(&format!("{pseudonym}: "))
                || mentions::replace_handle(text, pseudonym, "") != text
        })
    }

    fn concerned_by(&self, turn: &Turn) -> bool {
        self.wrote(turn) || self.named_in(&turn.text)
    }

    fn concerned_by_pair(&self, pair: &PreferencePair) -> bool {
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
}

/// What of a person is in the dataset in `folder`, by split.
pub(super) fn count(
    folder: &std::path::Path,
    traces: &Traces,
) -> Result<BTreeMap<Split, Examples>> {
    let context_turns = Manifest::load(folder)
        .and_then(|manifest| manifest.config["context_turns"].as_u64())
        .map_or(CONTEXT_TURNS, |turns| turns as usize);
    let mut found: BTreeMap<Split, Examples> = BTreeMap::new();
    let conversations = folder.join(dataset::CONVERSATIONS);
    if conversations.is_file() {
        for conversation in jsonl::records::<Conversation>(&conversations)? {
            let conversation = conversation?;
            let own = found.entry(conversation.split).or_default();
            count_conversation(&conversation, context_turns, traces, own);
        }
    }
    let pairs = folder.join(dataset::PAIRS);
    if pairs.is_file() {
        for pair in jsonl::records::<PreferencePair>(&pairs)? {
            let pair = pair?;
            found.entry(pair.split).or_default().pairs +=
                u64::from(traces.concerned_by_pair(&pair));
        }
    }
    Ok(found)
}

fn count_conversation(
    conversation: &Conversation,
    context_turns: usize,
    traces: &Traces,
    found: &mut Examples,
) {
    let concerned: Vec<bool> = conversation
        .turns
        .iter()
        .map(|turn| traces.concerned_by(turn))
        .collect();
    if !concerned.contains(&true) {
        return;
    }
    for target in conversation.targets() {
        let context = conversation.context(target, context_turns);
        if traces.wrote(&conversation.turns[target]) {
            found.replies += 1;
        } else if concerned[target] || context.iter().any(|position| concerned[*position]) {
            found.contexts += 1;
        }
    }
}

//! Counts of the examples of a person in a dataset.

use std::{collections::BTreeMap, path::Path};

use persona_core::{
    Conversation, FileError, PreferencePair, Split, Traces, jsonl, layout::dataset,
};

use super::notes::Examples;
use crate::manifest::Manifest;

/// Context turns of a dataset whose manifest does not name a number.
const CONTEXT_TURNS: usize = 5;

/// Counts the examples of a person in the dataset in `folder`, by split.
pub(super) fn count(
    folder: &Path,
    traces: &Traces,
) -> Result<BTreeMap<Split, Examples>, FileError> {
    let context_turns = Manifest::load(folder)
        .and_then(|manifest| {
            let config = &manifest.config;
            let own = config["conversation"]["context_turns"].as_u64();
            own.or_else(|| config["context_turns"].as_u64())
        })
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
            found.entry(pair.split).or_default().pairs += u64::from(traces.are_in_pair(&pair));
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
        .map(|turn| traces.are_in(turn))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use persona_core::{ChatMessage, PairRule, Turn};

    use super::*;

    /// A turn of `author`, whose message has the position as its id.
    fn turn(position: u64, author: &str, text: &str) -> Turn {
        Turn {
            message_ids: vec![position],
            author: author.to_owned(),
            text: text.to_owned(),
            timestamp_ms: 0,
            reply_to: None,
            is_target: position > 0,
            quoted: false,
            copies: 1,
            reactions: 0,
        }
    }

    #[test]
    fn replies_contexts_and_pairs_are_counted_by_split() {
        let folder = tempfile::tempdir().unwrap();
        let texts = [
            "hi", "theirs", "a", "b", "c", "d", "e", "f", "ask @u7", "g", "@u77 h",
        ];
        let turns = (0..)
            .zip(texts)
            .map(|(position, text)| turn(position, if position == 1 { "u7" } else { "u1" }, text));
        let conversation = Conversation {
            id: 0,
            channel_id: 1,
            split: Split::Train,
            turns: turns.collect(),
        };
        let pair = |chosen_id, prompt: &str| PreferencePair {
            prompt: vec![ChatMessage::user(&format!("u1: {prompt}"))],
            chosen: vec![ChatMessage::reply("yes")],
            rejected: vec![ChatMessage::reply("no")],
            split: Split::Test,
            rule: PairRule::SameContext,
            reactions: 1,
            chosen_id,
            rejected_id: None,
        };
        jsonl::write(&folder.path().join(dataset::CONVERSATIONS), [conversation]).unwrap();
        let pairs = [pair(1, "x"), pair(2, "to @u7"), pair(3, "to @u70")];
        jsonl::write(&folder.path().join(dataset::PAIRS), pairs).unwrap();
        let traces = Traces {
            messages: BTreeSet::from([1]),
            pseudonym: Some("u7".to_owned()),
        };
        let found = count(folder.path(), &traces).unwrap();
        // In the context of the five turns after theirs; and in the turn that names them, and the two after it.
        let train = Examples {
            replies: 1,
            contexts: 5 + 3,
            pairs: 0,
        };
        let test = Examples {
            pairs: 2,
            ..Examples::default()
        };
        assert_eq!(
            found,
            BTreeMap::from([(Split::Train, train), (Split::Test, test)])
        );
        let nobody = count(folder.path(), &Traces::default()).unwrap();
        assert!(nobody.values().all(Examples::is_empty), "{nobody:?}");
        let nowhere = count(&folder.path().join("nowhere"), &traces).unwrap();
        assert!(nowhere.is_empty());
    }
}

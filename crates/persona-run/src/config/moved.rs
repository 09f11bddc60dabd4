//! Keys that moved to another section. In the user's file an old key is an error that names its new section; in the recorded
//! settings of an older version it is read as the new key.

use toml::{Table, Value, de::DeTable};

use super::layers;

/// Name of the section with the form of conversations.
pub(crate) const CONVERSATION: &str = "conversation";
/// Name of the section with the sampling of replies.
pub(crate) const SAMPLING: &str = "sampling";

/// Old section, old keys, and the section that now has keys of the same names.
const MOVED: [(&str, &[&str], &str); 9] = [
    (
        "dataset",
        &[
            "context_turns",
            "openers",
            "turn_gap_minutes",
            "silence_minutes",
        ],
        CONVERSATION,
    ),
    ("train", &["context_turns"], CONVERSATION),
    ("eval", &["context_turns"], CONVERSATION),
    ("chat", &["context_turns"], CONVERSATION),
    (
        "bot",
        &["context_turns", "turn_gap_minutes", "silence_minutes"],
        CONVERSATION,
    ),
    ("chat", DRAWING, SAMPLING),
    ("eval", DRAWING, SAMPLING),
    ("export.sampling", DRAWING, SAMPLING),
    ("bot", DRAWING, SAMPLING),
];

const DRAWING: &[&str] = &[
    "temperature",
    "top_p",
    "top_k",
    "repetition_penalty",
    "max_tokens",
];

/// A key in the section where older versions had it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) key: &'static str,
    /// Section that the key is in.
    pub(super) from: &'static str,
    /// Section that has the key now.
    pub(super) to: &'static str,
    /// Byte at which the key begins.
    pub(super) at: usize,
}

/// First moved key of a file, in the order of the file.
pub(super) fn first(file: &DeTable<'_>) -> Option<Moved> {
    let moved = MOVED.iter().flat_map(|&(from, keys, to)| {
        let section = from
            .split('.')
            .try_fold(file, |table, name| table.get(name)?.get_ref().as_table());
        let found = section.into_iter().flat_map(move |section| {
            keys.iter().filter_map(move |&key| {
                let (name, _) = section.get_key_value(key)?;
                let at = name.span().start;
                Some(Moved { key, from, to, at })
            })
        });
        found.collect::<Vec<_>>()
    });
    moved.min_by_key(|moved| moved.at)
}

/// Section `name` of `recorded`, the settings of a run, whatever version wrote them.
pub(crate) fn section_of(recorded: &Table, name: &str) -> Table {
    let own = |section: &str| recorded.get(section).and_then(Value::as_table);
    if let Some(section) = own(name) {
        return section.clone();
    }
    // Training overrides the dataset, and the other sections followed the chat's sampling.
    let old: &[&str] = match name {
        CONVERSATION => &["dataset", "train"],
        _ => &["chat"],
    };
    let mut section = Table::new();
    for &from in old {
        let keys = MOVED
            .iter()
            .filter(|(section, _, to)| *section == from && *to == name)
            .flat_map(|(_, keys, _)| *keys);
        for &key in keys {
            if let Some(value) = own(from).and_then(|section| section.get(key)) {
                section.insert(key.to_owned(), value.clone());
            }
        }
    }
    section
}

/// Settings of a run as this version would write them: moved keys are in their new sections.
pub(super) fn translated(mut recorded: Table) -> Table {
    for name in [CONVERSATION, SAMPLING] {
        let section = section_of(&recorded, name);
        if !section.is_empty() {
            recorded.insert(name.to_owned(), section.into());
        }
    }
    for (from, keys, _) in MOVED {
        for key in keys {
            layers::remove(&mut recorded, &format!("{from}.{key}"));
        }
        let left = layers::get(&recorded, from).and_then(Value::as_table);
        if left.is_some_and(Table::is_empty) {
            layers::remove(&mut recorded, from);
        }
    }
    recorded
}

/// Whether an older version had this key of the form in `[dataset]`.
pub(crate) fn is_of_dataset(key: &str) -> bool {
    let [(_, keys, _), ..] = MOVED;
    keys.contains(&key)
}

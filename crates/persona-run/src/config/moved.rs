//! Keys that stand elsewhere now. In a file that somebody edits an old one is an error that says where it went; in the settings
//! that an older version recorded with a run it is read as what it is now.

use toml::{Table, Value, de::DeTable};

use super::layers;

/// The section of the form of conversations.
pub(crate) const CONVERSATION: &str = "conversation";
/// The section of how replies are drawn.
pub(crate) const SAMPLING: &str = "sampling";

/// Old section, old keys, and the section that has them now under the same names.
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

/// A key in the place where older versions had it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) key: &'static str,
    /// The section that it stands in.
    pub(super) from: &'static str,
    /// The section that has it now.
    pub(super) to: &'static str,
    /// Byte at which it begins.
    pub(super) at: usize,
}

/// The first moved key of a file, in the order of the file.
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

/// What `recorded`, the settings of a run, says in the section `name`, whatever version wrote them.
pub(crate) fn section_of(recorded: &Table, name: &str) -> Table {
    let own = |section: &str| recorded.get(section).and_then(Value::as_table);
    if let Some(section) = own(name) {
        return section.clone();
    }
    // What was trained with goes over what the data was built with, and the chat's way of drawing was what others followed.
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

/// The settings of a run as they would be written now: moved keys stand in the sections that have them today.
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
    }
    recorded
}

/// Whether an older version had this key of the form in `[dataset]`.
pub(crate) fn is_of_dataset(key: &str) -> bool {
    let [(_, keys, _), ..] = MOVED;
    keys.contains(&key)
}

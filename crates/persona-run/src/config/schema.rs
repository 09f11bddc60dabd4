//! The known keys: those of `persona.example.toml`, which is generated from the documentation of all sections and tested
//! against it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue},
};

const EXAMPLE: &str = include_str!("../../../../persona.example.toml");

/// Names of the keys and sections by the section that they are in, in the order of the example; the top is the empty name.
static KEYS: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| read_keys(EXAMPLE));

fn read_keys(example: &str) -> BTreeMap<String, Vec<String>> {
    let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut section = "";
    for line in example.lines() {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            let (parent, own) = name.rsplit_once('.').unwrap_or(("", name));
            keys.entry(parent.to_owned())
                .or_default()
                .push(own.to_owned());
            keys.entry(name.to_owned()).or_default();
            section = name;
        } else if let Some((key, _)) = line
            .strip_prefix("# ")
            .and_then(|setting| setting.split_once(" = "))
            && is_key(key)
        {
            keys.entry(section.to_owned())
                .or_default()
                .push(key.to_owned());
        }
    }
    keys
}

/// Prose in comments is told from settings by its spaces.
fn is_key(text: &str) -> bool {
    text.chars()
        .all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_')
}

/// A key that no part of Persona reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stranger {
    /// Key as it was written.
    pub(super) key: String,
    /// Section of the key, such as `train.optimizer`; empty at the top.
    pub(super) section: String,
    /// Byte at which the key begins.
    pub(super) at: usize,
}

/// Keys and sections inside `section`.
pub(super) fn keys_of(section: &str) -> Vec<String> {
    KEYS.get(section).cloned().unwrap_or_default()
}

/// First unknown key of `table`, which is `section`, in the order of the file.
pub(super) fn first_unknown(table: &DeTable<'_>, section: &str) -> Option<Stranger> {
    let known = KEYS.get(section)?;
    let strangers = table.iter().filter_map(|(name, value)| {
        let key: &str = name.get_ref();
        if !known.iter().any(|other| other == key) {
            return Some(Stranger {
                key: key.to_owned(),
                section: section.to_owned(),
                at: name.span().start,
            });
        }
        // A table where a plain value belongs is the affair of whoever reads the type.
        first_unknown(value.get_ref().as_table()?, &below(section, key))
    });
    strangers.min_by_key(|stranger| stranger.at)
}

/// Removes unknown keys from `table`, which is `section`, and adds their names to `outdated`.
pub(super) fn retain_known(table: &mut Table, section: &str, outdated: &mut BTreeSet<String>) {
    let Some(known) = KEYS.get(section) else {
        return;
    };
    table.retain(|key, value| {
        let name = below(section, key);
        if !known.iter().any(|other| other == key) {
            outdated.insert(name);
            return false;
        }
        if let Value::Table(inner) = value {
            retain_known(inner, &name, outdated);
        }
        true
    });
}

/// The key whose value holds the byte `at`, as its name and section.
pub(super) fn key_at(table: &DeTable<'_>, section: &str, at: usize) -> Option<(String, String)> {
    let holds = |value: &Spanned<DeValue<'_>>| value.span().contains(&at);
    table.iter().find_map(|(name, value)| {
        let key: &str = name.get_ref();
        match value.get_ref().as_table() {
            Some(inner) => key_at(inner, &below(section, key), at),
            None => holds(value).then(|| (key.to_owned(), section.to_owned())),
        }
    })
}

/// The key or section `key` inside `section`, with both names.
pub(super) fn below(section: &str, key: &str) -> String {
    if section.is_empty() {
        key.to_owned()
    } else {
        format!("{section}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_gives_keys_and_sections() {
        let top = keys_of("");
        assert_eq!(top.first().map(String::as_str), Some("seed"));
        for name in ["run", "store", "mode", "train", "bot", "pretrain"] {
            assert!(
                top.iter().any(|key| key == name),
                "{name} is not in {top:?}"
            );
        }
        assert_eq!(
            keys_of("train.optimizer"),
            ["beta1", "beta2", "epsilon", "weight_decay"]
        );
        let prose = KEYS.values().flatten().find(|key| key.contains(' '));
        assert_eq!(prose, None);
    }
}

//! Tables over tables, and settings that follow others.

use toml::{Table, Value};

/// Lays `over` over `table`: tables are merged, anything else is replaced.
pub fn overlay(table: &mut Table, over: Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => overlay(below, above),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// Puts `value` at a dotted `key`, making the tables on the way.
pub(super) fn insert(table: &mut Table, key: &str, value: Value) {
    let Some((section, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return;
    };
    let entry = table.entry(section).or_insert_with(|| Table::new().into());
    if let Value::Table(section) = entry {
        insert(section, rest, value);
    }
}

/// Settings that should be the same in several sections. Where a section does not set its own, it takes the value of the first
/// leader that is set: the key, the sections that follow, the sections that lead.
const FOLLOWERS: [(&str, &[&str], &[&str]); 9] = [
    ("context_turns", &["train", "eval", "chat"], &["dataset"]),
    ("context_turns", &["bot"], &["chat", "dataset"]),
    ("turn_gap_minutes", &["bot"], &["dataset"]),
    ("silence_minutes", &["bot"], &["dataset"]),
    ("temperature", DRAWING, &["chat"]),
    ("top_p", DRAWING, &["chat"]),
    ("top_k", DRAWING, &["chat"]),
    ("repetition_penalty", DRAWING, &["chat"]),
    ("max_tokens", DRAWING, &["chat"]),
];

/// The sections that draw replies as `[chat]` does.
const DRAWING: &[&str] = &["eval", "export.sampling", "bot"];

/// Copies each leading setting to the followers that are not set themselves.
pub fn follow(table: &mut Table) {
    for (key, sections, leaders) in FOLLOWERS {
        let at = |section: &&str| format!("{section}.{key}");
        let Some(value) = leaders
            .iter()
            .find_map(|leader| get(table, &at(leader)).cloned())
        else {
            continue;
        };
        for follower in sections.iter().map(at) {
            if get(table, &follower).is_none() {
                insert(table, &follower, value.clone());
            }
        }
    }
}

/// The value at a dotted `key`.
pub(super) fn get<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        Some((section, rest)) => get(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}

/// Takes the value at a dotted `key` out.
pub(super) fn remove(table: &mut Table, key: &str) {
    match key.split_once('.') {
        Some((section, rest)) => {
            if let Some(Value::Table(section)) = table.get_mut(section) {
                remove(section, rest);
            }
        }
        None => {
            table.remove(key);
        }
    }
}

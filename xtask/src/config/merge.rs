//! Tables over tables.

/// Lays `over` over `table`: tables are merged, anything else is replaced.
pub(super) fn overlay(table: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// Puts `value` at a dotted `key`, making the tables on the way.
pub(super) fn insert(table: &mut toml::Table, key: &str, value: toml::Value) {
    let Some((section, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return;
    };
    let entry = table
        .entry(section)
        .or_insert_with(|| toml::Table::new().into());
    if let toml::Value::Table(section) = entry {
        insert(section, rest, value);
    }
}

/// Settings that should be the same in several stages: given once, they hold in the others too, unless those say otherwise.
const FOLLOWERS: [(&str, &[&str]); 6] = [
    (
        "dataset.context_turns",
        &[
            "train.context_turns",
            "eval.context_turns",
            "chat.context_turns",
        ],
    ),
    (
        "chat.temperature",
        &["eval.temperature", "export.sampling.temperature"],
    ),
    ("chat.top_p", &["eval.top_p", "export.sampling.top_p"]),
    ("chat.top_k", &["eval.top_k", "export.sampling.top_k"]),
    (
        "chat.repetition_penalty",
        &[
            "eval.repetition_penalty",
            "export.sampling.repetition_penalty",
        ],
    ),
    (
        "chat.max_tokens",
        &["eval.max_tokens", "export.sampling.max_tokens"],
    ),
];

/// Copies each leading setting to the followers that are not set themselves.
pub(super) fn follow(table: &mut toml::Table) {
    for (leader, followers) in FOLLOWERS {
        let Some(value) = get(table, leader).cloned() else {
            continue;
        };
        for follower in followers {
            if get(table, follower).is_none() {
                insert(table, follower, value.clone());
            }
        }
    }
}

fn get<'a>(table: &'a toml::Table, key: &str) -> Option<&'a toml::Value> {
    match key.split_once('.') {
        Some((section, rest)) => get(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}

//! Layers of the configuration: tables laid over tables.

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

/// The value at a dotted `key`.
pub(super) fn get<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        Some((section, rest)) => get(table.get(section)?.as_table()?, rest),
        None => table.get(key),
    }
}

/// Removes the value at a dotted `key`.
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

//! Statements that belong to no one type.

use rusqlite::{Connection, Params};

/// Runs a statement that is kept prepared. Returns how many rows it changed.
pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(sql)?
        .execute(values)
        .map(|rows| rows as u64)
}

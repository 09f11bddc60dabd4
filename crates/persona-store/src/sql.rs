//! Execution of single statements.

use rusqlite::{Connection, Params};

/// Runs a statement, which stays prepared. Returns the number of rows that it changed.
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

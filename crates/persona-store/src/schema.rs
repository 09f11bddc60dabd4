//! Preparing a connection, and migrating the schema.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::{error::Error, vectors};

/// `PRSN` in ASCII: application id of Persona's databases.
const APPLICATION_ID: i32 = 0x5052_534e;

/// One script per schema version, oldest first. A script that was released is never changed.
const MIGRATIONS: [&str; 2] = [
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
];

/// Longest wait of a writer for another one.
const BUSY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// Error for `map_err`: `action` failed on the store at `path`.
pub(crate) fn database(path: &Path, action: &'static str) -> impl FnOnce(rusqlite::Error) -> Error {
    move |source| Error::Database {
        path: path.to_owned(),
        action,
        source,
    }
}

/// Pragmas of every connection.
pub(crate) fn prepare(connection: &Connection, path: &Path) -> Result<(), Error> {
    connection
        .busy_timeout(BUSY_TIMEOUT)
        .and_then(|()| connection.pragma_update(None, "foreign_keys", true))
        .and_then(|()| vectors::register(connection))
        .map_err(database(path, "open it"))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Whether the database lacks migrations.
pub(crate) fn is_old(connection: &Connection, path: &Path) -> Result<bool, Error> {
    Ok(version_of(connection, path)? < MIGRATIONS.len() as u32)
}

/// Checks that the database is Persona's, and runs the missing migrations, all in one transaction.
pub(crate) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    if version_of(connection, path)? == MIGRATIONS.len() as u32 {
        return Ok(());
    }
    let failed = || database(path, "bring its schema up to date");
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed())?;
    // Read again inside the transaction: another process may have migrated meanwhile.
    let version = version_of(&transaction, path)?;
    for script in MIGRATIONS.iter().skip(version as usize) {
        transaction.execute_batch(script).map_err(failed())?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .and_then(|()| transaction.pragma_update(None, "user_version", MIGRATIONS.len() as u32))
        .and_then(|()| transaction.commit())
        .map_err(failed())
}

/// Schema version of a database of Persona; 0 for an empty one.
pub(crate) fn version_of(connection: &Connection, path: &Path) -> Result<u32, Error> {
    let pragma = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i32>(0))
            .map_err(database(path, "read its header"))
    };
    let version = u32::try_from(pragma("user_version")?).unwrap_or(u32::MAX);
    let application = pragma("application_id")?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(database(path, "read its header"))?;
    if application != APPLICATION_ID && (application != 0 || version != 0 || tables != 0) {
        return Err(Error::Foreign {
            path: path.to_owned(),
            found: application,
            expected: APPLICATION_ID,
        });
    }
    let supported = MIGRATIONS.len() as u32;
    if version > supported {
        return Err(Error::Newer {
            path: path.to_owned(),
            found: version,
            supported,
        });
    }
    Ok(version)
}

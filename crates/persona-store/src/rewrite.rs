//! Rewriting a store, so that its bytes follow from its content.

use std::fs::{self, File};

use persona_core::{FileError, atomic};
use rusqlite::Connection;

use crate::{error::Error, schema, store::Store};

impl Store {
    /// Writes the store anew, so that the same content has the same bytes, whatever order of writes and kills led to
    /// it. SQLite counts transactions in the file, and leaves pages where they happen to be.
    ///
    /// Returns whether the store was rewritten: not while another program has it open.
    pub fn rewrite(self) -> Result<bool, Error> {
        let path = self.path().to_owned();
        let fresh = path.with_extension("partial");
        atomic::remove(&fresh)?;
        let Some(name) = fresh.to_str() else {
            // SQLite takes file names as text only. Without a rewrite only the bytes differ.
            return Ok(false);
        };
        self.connection
            .execute("VACUUM INTO ?1", [name])
            .map_err(self.failed("write it anew"))?;
        // Rewriting counts as a change of the schema; nobody has the new file open who could be misled.
        Connection::open(&fresh)
            .and_then(|connection| connection.pragma_update(None, "schema_version", 1))
            .map_err(self.failed("write it anew"))?;
        // A log with pages in it would be taken for the log of the new file.
        let busy: bool = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(self.failed("empty its log"))?;
        if busy {
            atomic::remove(&fresh)?;
            return Ok(false);
        }
        self.connection
            .close()
            .map_err(|(_, source)| schema::database(&path, "close it")(source))?;
        File::open(&fresh)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&fresh, &path))
            .map_err(FileError::write(&path))?;
        Ok(true)
    }
}

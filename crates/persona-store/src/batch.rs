//! Writing to the store: one transaction with any number of rows, usually a page or a part of a file.

use std::path::Path;

use persona_core::Id;
use rusqlite::{OptionalExtension, Params, Row, Transaction, named_params};

use crate::{codes, error::Error, marks::Marks, schema};

/// Result of storing a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// New in the store.
    New,
    /// In the store with older facts, which were replaced.
    Updated,
    /// In the store with the same facts.
    Unchanged,
    /// Left out: its author was forgotten.
    Forgotten,
}

/// Odd record: not understood, kept as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// Name of the source, the same when it is read again.
    pub source: &'a str,
    /// Position of the record in its source: the byte in a file, the id in Discord's history.
    pub position: u64,
    /// Description of the fault.
    pub reason: &'a str,
    /// Text of the record.
    pub raw: &'a str,
}

/// Transaction. Dropped without [`Batch::commit`], it changes nothing.
#[derive(Debug)]
pub struct Batch<'store> {
    transaction: Transaction<'store>,
    path: &'store Path,
    marks: Marks,
}

impl<'store> Batch<'store> {
    pub(crate) fn new(transaction: Transaction<'store>, path: &'store Path) -> Result<Self, Error> {
        let marks =
            Marks::load(&transaction).map_err(schema::database(path, "read who was forgotten"))?;
        Ok(Self {
            transaction,
            path,
            marks,
        })
    }

    /// Marks a message as deleted. It stays, but is not read any more. Returns whether it is known.
    pub fn mark_deleted(&self, message: Id) -> Result<bool, Error> {
        let id = codes::id("message", message)?;
        let sql = "UPDATE messages SET deleted = 1 WHERE id = ?1";
        let known = self.execute("mark a message as deleted", sql, [id])? > 0;
        if known {
            self.drop_vectors(id)?;
        }
        Ok(known)
    }

    /// Stores an odd record. A record at the same position of the same source is stored once, and one that names a
    /// forgotten person is not stored.
    pub fn reject(&self, record: &Rejected<'_>) -> Result<(), Error> {
        if self.marks.occur_in(record.raw) {
            return Ok(());
        }
        let sql = "INSERT INTO rejected (source, position, reason, raw) VALUES (:source, :position, :reason, :raw)
            ON CONFLICT DO UPDATE SET reason = excluded.reason, raw = excluded.raw";
        let values = named_params! {
            ":source": record.source,
            ":position": codes::id("record", record.position)?,
            ":reason": record.reason,
            ":raw": record.raw,
        };
        self.execute("keep a rejected record", sql, values)?;
        Ok(())
    }

    /// Commits the transaction.
    pub fn commit(self) -> Result<(), Error> {
        let path = self.path;
        self.transaction
            .commit()
            .map_err(schema::database(path, "commit a transaction"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.path
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    pub(crate) fn execute(
        &self,
        action: &'static str,
        sql: &str,
        values: impl Params,
    ) -> Result<usize, Error> {
        self.transaction
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(schema::database(self.path, action))
    }

    /// Reads the row with `id`, if there is one.
    pub(crate) fn row<T>(
        &self,
        action: &'static str,
        sql: &str,
        id: i64,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        self.row_where(action, sql, [id], read)
    }

    /// Reads the row that `values` select, if there is one.
    pub(crate) fn row_where<T>(
        &self,
        action: &'static str,
        sql: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Error> {
        self.transaction
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(values, read).optional())
            .map_err(schema::database(self.path, action))
    }

    /// Reads all rows with `id`.
    pub(crate) fn rows<T>(
        &self,
        action: &'static str,
        sql: &str,
        id: i64,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        self.rows_where(action, sql, [id], read)
    }

    /// Reads all rows that `values` select.
    pub(crate) fn rows_where<T>(
        &self,
        action: &'static str,
        sql: &str,
        values: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, Error> {
        self.transaction
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_map(values, read)?.collect())
            .map_err(schema::database(self.path, action))
    }
}

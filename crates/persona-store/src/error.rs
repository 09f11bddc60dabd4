//! Errors of the store.

use std::{io, path::PathBuf};

use persona_core::{FileError, Hint, Id};

/// Error of the store, which names the database and the action that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database, or the folder for it, is not there.
    #[error("cannot open the store `{path}`")]
    Missing {
        /// The database.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The database library failed.
    #[error("store `{path}`: cannot {action}")]
    Database {
        /// The database, `:memory:` for one in memory.
        path: PathBuf,
        /// Action that failed, for the message.
        action: &'static str,
        /// Error of SQLite.
        source: rusqlite::Error,
    },
    /// The file is a database, but of another program.
    #[error(
        "`{path}` is a database of another program: application id {found:#010x}, expected {expected:#010x}"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Application id in the file.
        found: i32,
        /// Application id of Persona's stores.
        expected: i32,
    },
    /// A newer Persona wrote the database.
    #[error(
        "store `{path}` has schema version {found}, this program knows versions up to {supported}"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Schema version in the file.
        found: u32,
        /// Newest schema version that this program knows.
        supported: u32,
    },
    /// An id does not fit the database's signed integers.
    #[error(
        "{what} id `{id}` is too large: ids up to 9223372036854775807 (2^63 - 1) can be stored"
    )]
    IdTooLarge {
        /// Kind of thing that the id belongs to.
        what: &'static str,
        /// The id.
        id: Id,
    },
    /// A vector has another length than the stored ones of its model.
    #[error(
        "store `{path}`: a vector of the model `{model}` has {found} numbers, expected {expected} like those in the store"
    )]
    Dimensions {
        /// The database.
        path: PathBuf,
        /// Name of the embedder.
        model: String,
        /// Length of the vector.
        found: usize,
        /// Length of the stored vectors.
        expected: usize,
    },
    /// The stored prompt of a reply is not a list of chat messages.
    #[error(
        "store `{path}`: the prompt of the bot's message `{message}` is not a list of chat messages"
    )]
    Prompt {
        /// The database.
        path: PathBuf,
        /// Id of the bot's message.
        message: Id,
        /// Error of the JSON.
        source: serde_json::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A stored value is none that Persona writes.
    #[error("store `{path}`: {what} has the value `{found}`, expected {expected}")]
    Value {
        /// The database.
        path: PathBuf,
        /// Name of the column.
        what: &'static str,
        /// Value that was found.
        found: String,
        /// Values that are expected.
        expected: &'static str,
    },
}

impl Error {
    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        let Self::Database { source, .. } = self else {
            return false;
        };
        source.sqlite_error().is_some_and(|error| {
            // SQLite reports a full disk like this where it cannot grow the shared memory beside the file.
            error.code == rusqlite::ErrorCode::DiskFull
                || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
        })
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        use rusqlite::ErrorCode;
        match self {
            Self::Missing { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("run `cargo xtask ingest` first, or check the path of the store".to_owned())
            }
            Self::Missing { path, .. } => Some(format!(
                "look at its permissions: ls -l '{}'",
                path.display()
            )),
            Self::Database { path, .. } if self.is_disk_full() => Some(format!(
                "the disk that holds `{}` is full: free some space and run the same command again; what was stored is kept",
                path.display()
            )),
            Self::Database { path, source, .. } => match source.sqlite_error_code()? {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(
                    "another program is writing to the store: wait for it or stop it".to_owned(),
                ),
                ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Some(format!(
                    "move `{}` away and ingest the exports again",
                    path.display()
                )),
                ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                    Some(format!(
                        "look at the permissions of the file and its folder: ls -ld '{}'",
                        path.display()
                    ))
                }
                _ => None,
            },
            Self::Foreign { .. } => Some("give the store another path".to_owned()),
            Self::Newer { .. } => {
                Some("use the newer Persona, or give the store another path".to_owned())
            }
            Self::File(error) => error.hint(),
            Self::Dimensions { .. } => Some(
                "give another model another folder, and its messages are embedded anew".to_owned(),
            ),
            Self::IdTooLarge { .. } | Self::Value { .. } | Self::Prompt { .. } => None,
        }
    }
}

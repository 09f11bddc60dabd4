//! One command at a time writes to a run. The lock ends with its process, however that ends.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Seek, Write},
    path::Path,
};

use persona_core::{FileError, Hint};
use serde::{Deserialize, Serialize};

use crate::folder::RunFolder;

/// Name of the lock file in the folder of a run. The file is empty while nobody holds the lock.
const FILE_NAME: &str = "run.lock";

/// Process that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process id.
    pub pid: u32,
    /// Command line of the process.
    pub command: String,
    /// Time at which it took the lock, in UTC.
    pub since: String,
}

/// Error of locking a run.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds the lock.
    #[error("the run `{run}` is in use: {}", .holder.as_ref().map_or_else(unknown, describe))]
    Held {
        /// Name of the run.
        run: String,
        /// Holder of the lock; `None` where its record cannot be read.
        holder: Option<Holder>,
    },
    /// The lock file could not be opened, locked or written.
    #[error(transparent)]
    File(#[from] FileError),
}

fn unknown() -> String {
    "another process is writing to it".to_owned()
}

fn describe(holder: &Holder) -> String {
    format!(
        "`{}` (process {}) has been writing to it since {}",
        holder.command, holder.pid, holder.since
    )
}

impl Hint for LockError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Held { .. } => Some(
                "wait until it is done, or stop it; --run NAME works on another run meanwhile"
                    .to_owned(),
            ),
            Self::File(error) => error.hint(),
        }
    }
}

/// Lock on a run, released when it is dropped.
#[derive(Debug)]
pub struct RunLock {
    file: File,
}

impl RunLock {
    /// Takes the lock on a run for `command`; an error names the holder. The folder of the run is made where it is missing.
    pub fn take(run: &RunFolder, command: &str) -> Result<Self, LockError> {
        let path = run.root().join(FILE_NAME);
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    run: run.name(),
                    holder: holder(&path),
                });
            }
            Err(TryLockError::Error(error)) => return Err(FileError::write(&path)(error).into()),
        }
        let holder = Holder {
            pid: std::process::id(),
            command: command.to_owned(),
            since: jiff::Timestamp::now()
                .strftime("%Y-%m-%dT%H:%M:%SZ")
                .to_string(),
        };
        let mut lock = Self { file };
        lock.record(&holder).map_err(FileError::write(&path))?;
        Ok(lock)
    }

    fn record(&mut self, holder: &Holder) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&serde_json::to_vec(holder)?)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // The file itself stays: were it removed, two processes could lock two files of the same name.
        let _ = self.file.set_len(0);
    }
}

fn open(path: &Path) -> Result<File, FileError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FileError::write(folder))?;
    }
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(FileError::write(path))
}

/// Holder of the lock on a run; `None` where nobody holds it.
pub fn held_by(run: &RunFolder) -> Option<Holder> {
    let path = run.root().join(FILE_NAME);
    let file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
    // What a killed process left of its name says nothing: only the lock does.
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => holder(&path),
        _ => None,
    }
}

/// Reads the record of the holder in a lock file.
fn holder(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_is_first_and_may_go_on_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::new(folder.path().join("runs/mine"));
        let first = RunLock::take(&run, "cargo xtask pipeline").unwrap();
        let error = RunLock::take(&run, "cargo xtask eval").unwrap_err();
        let LockError::Held {
            run: name,
            holder: Some(holder),
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(name, "mine");
        assert_eq!(holder.pid, std::process::id());
        assert_eq!(
            error.to_string(),
            format!(
                "the run `mine` is in use: `cargo xtask pipeline` (process {}) has been writing to it since {}",
                holder.pid, holder.since
            )
        );
        assert_eq!(held_by(&run).as_ref(), Some(holder));
        drop(first);
        assert_eq!(held_by(&run), None);
        let left = fs::read(run.root().join(FILE_NAME)).unwrap();
        assert!(left.is_empty(), "a lock that is free says nothing");
        RunLock::take(&run, "cargo xtask eval").unwrap();
    }
}

//! One command at a time writes to a run. The lock ends with its process, however that ends.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Seek, Write},
    path::Path,
};

use persona_core::{FileError, Hint};
use serde::{Deserialize, Serialize};

use crate::folder::RunFolder;

/// The file in the folder of a run that is locked. It is empty while nobody holds it.
const FILE_NAME: &str = "run.lock";

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// What was given on its command line.
    pub command: String,
    /// When it took the lock, in UTC.
    pub since: String,
}

/// A run cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("the run `{run}` is in use: {}", .holder.as_ref().map_or_else(unknown, describe))]
    Held {
        /// The run.
        run: String,
        /// Who holds it; `None` where that cannot be read.
        holder: Option<Holder>,
    },
    /// The file of the lock failed.
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

/// The lock on a run. Dropped, it is released.
#[derive(Debug)]
pub struct RunLock {
    file: File,
}

impl RunLock {
    /// Takes the lock on a run for `command`, or says who holds it. The folder of the run is made where it is missing.
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

/// Who holds the lock on a run now; `None` where nobody does.
pub fn held_by(run: &RunFolder) -> Option<Holder> {
    let path = run.root().join(FILE_NAME);
    let file = OpenOptions::new().read(true).write(true).open(&path).ok()?;
    // What a killed process left of its name says nothing: only the lock does.
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => holder(&path),
        _ => None,
    }
}

/// Who left their name in the file of a lock.
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

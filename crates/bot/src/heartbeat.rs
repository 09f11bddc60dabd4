//! The sign of life that a running bot leaves in a file, and its supervisor looks for.

use std::path::Path;

use persona_core::{FileError, atomic};
use serde::{Deserialize, Serialize};

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// The process that lives.
    pub process: u32,
    /// Grows with every beat.
    pub count: u64,
    /// When, in milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// How long the process has been running.
    pub uptime_seconds: u64,
    /// Its resident memory.
    pub memory_mib: u64,
}

impl Beat {
    /// Leaves it at `path`, in the place of the one before.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        atomic::write_json(path, self)
    }

    /// The newest one at `path`. A file that is missing or damaged is no sign of life.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_rubbish_is_no_sign_of_life() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heartbeat");
        assert_eq!(Beat::read(&path), None);
        let beat = Beat {
            process: 7,
            count: 3,
            time_ms: 1,
            uptime_seconds: 2,
            memory_mib: 40,
        };
        beat.write(&path).unwrap();
        assert_eq!(Beat::read(&path), Some(beat));
        atomic::write(&path, b"{\"process\":").unwrap();
        assert_eq!(Beat::read(&path), None);
    }
}

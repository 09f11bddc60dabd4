//! Heartbeat file, written by a running bot and read by its supervisor.

use std::path::Path;

use persona_core::{FileError, atomic};
use serde::{Deserialize, Serialize};

/// Heartbeat: shows that a bot's process is alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Id of the running process.
    pub process: u32,
    /// Counter that grows with every heartbeat.
    pub count: u64,
    /// Time of the heartbeat, in milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// Seconds since the process started.
    pub uptime_seconds: u64,
    /// Resident memory of the process, in MiB.
    pub memory_mib: u64,
}

impl Beat {
    /// Writes the heartbeat to `path`, replacing the previous one.
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        atomic::write_json(path, self)
    }

    /// Reads the heartbeat at `path`; `None` where the file is missing or damaged.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_rubbish_is_no_heartbeat() {
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

//! What the hub client leaves to its callers: partial files it cannot go on with, and files that came out wrong.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use persona_core::FileError;

use super::DownloadError;

/// Makes a partial file one that a download can go on with.
///
/// A file that was complete but not yet renamed would be asked for from its end, which no server can answer;
/// one that is too long is wrong.
pub(super) fn before(blob: &Path, size: u64) -> Result<(), FileError> {
    let partial = blob.with_extension("part");
    let length = match fs::metadata(&partial) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FileError::read(&partial)(error)),
    };
    if length < size {
        return Ok(());
    }
    let keep = if length == size {
        size.saturating_sub(1)
    } else {
        0
    };
    OpenOptions::new()
        .write(true)
        .open(&partial)
        .and_then(|file| file.set_len(keep))
        .map_err(FileError::write(&partial))
}

/// Throws away a file that has not the size the hub announced, as happens where a server ignores ranges.
pub(super) fn after(
    repository: &str,
    file: &str,
    blob: &Path,
    pointer: &Path,
    expected: u64,
) -> Result<(), DownloadError> {
    let found = fs::metadata(blob).map_err(FileError::read(blob))?.len();
    if found == expected {
        return Ok(());
    }
    for path in [pointer, blob] {
        fs::remove_file(path).map_err(FileError::write(path))?;
    }
    Err(DownloadError::Size {
        repository: repository.to_owned(),
        file: file.to_owned(),
        found,
        expected,
    })
}

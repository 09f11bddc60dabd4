//! JSON lines, read and written one record at a time.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{atomic::AtomicFile, error::FileError};

/// Reads all records of `path`. Errors name the line.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, FileError> {
    records(path)?.collect()
}

/// Reads the records of `path` one after the other.
pub fn records<T: DeserializeOwned>(
    path: &Path,
) -> Result<impl Iterator<Item = Result<T, FileError>>, FileError> {
    let file = File::open(path).map_err(FileError::read(path))?;
    let path = path.to_owned();
    Ok(BufReader::with_capacity(1 << 20, file)
        .lines()
        .enumerate()
        .filter_map(move |(index, line)| {
            let line = match line {
                Ok(line) if line.trim().is_empty() => return None,
                Ok(line) => line,
                Err(error) => return Some(Err(FileError::read(&path)(error))),
            };
            Some(serde_json::from_str(&line).map_err(|error| {
                FileError::content(
                    &path,
                    format!("line {} column {}", index + 1, error.column()),
                    error,
                )
            }))
        }))
}

/// Writes `records` to `path`, all or nothing.
pub fn write<T: Serialize>(
    path: &Path,
    records: impl IntoIterator<Item = T>,
) -> Result<(), FileError> {
    let mut file = AtomicFile::create(path)?;
    for record in records {
        let mut line =
            serde_json::to_vec(&record).map_err(|error| FileError::write(path)(error.into()))?;
        line.push(b'\n');
        file.write_all(&line).map_err(FileError::write(path))?;
    }
    file.commit()
}

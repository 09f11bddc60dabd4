//! Files that are either complete or absent: written under a temporary name, synced, then renamed.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use crate::error::FileError;

/// Prefix of the names of temporary files.
const TEMPORARY: &str = ".partial-";

/// Removes the temporary files that a killed process left in `folder` and below. No other process may be writing there.
pub fn sweep(folder: &Path) -> Result<(), FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(FileError::read(folder))?,
    };
    for entry in entries {
        let path = entry.map_err(FileError::read(folder))?.path();
        if path.is_dir() {
            sweep(&path)?;
        } else if path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY))
        {
            fs::remove_file(&path).map_err(FileError::write(&path))?;
        }
    }
    Ok(())
}

/// Removes the temporary files that a killed process left for the file at `path`. Other files in its folder may be in
/// work.
pub fn sweep_of(path: &Path) -> Result<(), FileError> {
    let folder = folder_of(path);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(FileError::read(folder))?,
    };
    let prefix = prefix_of(path);
    for entry in entries {
        let entry = entry.map_err(FileError::read(folder))?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            fs::remove_file(entry.path()).map_err(FileError::write(&entry.path()))?;
        }
    }
    Ok(())
}

/// Prefix of the temporary files for `path`.
fn prefix_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    format!("{TEMPORARY}{}-", name.to_string_lossy())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes `bytes` to `path`, all or nothing. Missing parent folders are created.
pub fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), FileError> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes.as_ref())
        .map_err(FileError::write(path))?;
    file.commit()
}

/// Writes `value` to `path` as indented JSON with a final newline, all or nothing.
pub fn write_json<T: serde::Serialize + ?Sized>(path: &Path, value: &T) -> Result<(), FileError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|error| FileError::write(path)(error.into()))?;
    text.push(b'\n');
    write(path, text)
}

/// File under a temporary name, which [`AtomicFile::commit`] renames to its path. Dropped before that, it leaves
/// nothing.
#[derive(Debug)]
pub struct AtomicFile {
    path: PathBuf,
    writer: BufWriter<NamedTempFile>,
}

impl AtomicFile {
    /// Opens a temporary file in the folder of `path`. Missing parent folders are created.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(FileError::write(folder))?;
        let temporary = tempfile::Builder::new()
            .prefix(&prefix_of(path))
            .tempfile_in(folder)
            .map_err(FileError::write(path))?;
        Ok(Self {
            path: path.to_owned(),
            writer: BufWriter::with_capacity(1 << 20, temporary),
        })
    }

    /// Syncs the bytes to disk and renames the file to its path.
    pub fn commit(self) -> Result<(), FileError> {
        let path = self.path;
        let temporary = self
            .writer
            .into_inner()
            .map_err(|error| FileError::write(&path)(error.into_error()))?;
        widen_permissions(temporary.as_file()).map_err(FileError::write(&path))?;
        temporary
            .as_file()
            .sync_all()
            .map_err(FileError::write(&path))?;
        temporary
            .persist(&path)
            .map_err(|error| FileError::write(&path)(error.error))?;
        Ok(())
    }
}

/// Temporary files are private by default; the finished file gets the permissions of any new file.
#[cfg(unix)]
fn widen_permissions(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn widen_permissions(_: &File) -> io::Result<()> {
    Ok(())
}

impl Write for AtomicFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.writer.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.writer.seek(position)
    }
}

/// Lets `fill` write a new folder beside `path`, then replaces the folder at `path` with it.
///
/// A kill between removing the old folder and renaming the new one leaves no folder at `path`; the stage then runs
/// again.
pub fn replace_folder<E: From<FileError>>(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    let partial = path.with_file_name(name);
    remove_folder(&partial)?;
    fs::create_dir_all(&partial).map_err(FileError::write(&partial))?;
    fill(&partial)?;
    remove_folder(path)?;
    fs::rename(&partial, path).map_err(FileError::write(path))?;
    Ok(())
}

/// Removes the file at `path` if it is there.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::write(path)(error)),
        _ => Ok(()),
    }
}

/// Removes the folder at `path` with its content, if it is there.
pub fn remove_folder(path: &Path) -> Result<(), FileError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FileError::write(path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_of_one_file_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let other = folder.path().join("heartbeat");
        write(&path, "text").unwrap();
        // A killed process drops nothing.
        for path in [&path, &other] {
            let left = AtomicFile::create(path).unwrap();
            std::mem::forget(left);
        }
        sweep_of(&path).unwrap();
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left.len(), 2, "{left:?}");
        assert!(left[0].starts_with(".partial-heartbeat-"), "{left:?}");
        assert_eq!(left[1], "config.toml");
        sweep(folder.path()).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        sweep_of(&folder.path().join("nowhere/config.toml")).unwrap();
    }
}

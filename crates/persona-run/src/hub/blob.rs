//! Files in the hub's cache: a blob named by its content, and a pointer to it by commit and name.
//!
//! A partial blob has the extension `part`; all tools of the hub use the same names, so that any of them can go on.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use persona_core::{FileError, atomic::remove};

/// A blob that is being downloaded. Its lock keeps other processes away.
pub(super) struct Partial {
    path: PathBuf,
    blob: PathBuf,
    _lock: File,
}

impl Partial {
    /// The partial file of `blob`; `None` when another program is downloading it.
    pub(super) fn open(blob: &Path) -> Result<Option<Self>, FileError> {
        if let Some(folder) = blob.parent() {
            fs::create_dir_all(folder).map_err(FileError::write(folder))?;
        }
        let name = blob.with_extension("lock");
        let lock = File::create(&name).map_err(FileError::write(&name))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(FileError::write(&name)(error)),
        }
        Ok(Some(Self {
            path: blob.with_extension("part"),
            blob: blob.to_owned(),
            _lock: lock,
        }))
    }

    /// Bytes on this machine.
    pub(super) fn length(&self) -> Result<u64, FileError> {
        match fs::metadata(&self.path) {
            Ok(metadata) => Ok(metadata.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(FileError::read(&self.path)(error)),
        }
    }

    /// Writes `content` from byte `begins` on. Calls `progress` with the number of bytes on this machine.
    pub(super) fn write(
        &self,
        begins: u64,
        mut content: impl Read,
        progress: impl Fn(u64),
    ) -> io::Result<()> {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        file.set_len(begins)?;
        let mut done = begins;
        progress(done);
        let mut writer = BufWriter::new(file);
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = match content.read(&mut buffer) {
                Ok(read) => read,
                // What came before the connection broke is kept.
                Err(error) => return writer.flush().and(Err(error)),
            };
            if read == 0 {
                return writer.flush();
            }
            writer.write_all(&buffer[..read])?;
            done += read as u64;
            progress(done);
        }
    }

    /// Deletes the partial file.
    pub(super) fn discard(&self) -> Result<(), FileError> {
        fs::remove_file(&self.path).map_err(FileError::write(&self.path))
    }

    /// Renames the complete file to its final name.
    pub(super) fn finish(self) -> Result<(), FileError> {
        fs::rename(&self.path, &self.blob).map_err(FileError::write(&self.blob))
    }
}

/// Makes `pointer` a name of `blob`: a link, or the file itself where there are no links.
pub(super) fn point(pointer: &Path, blob: &Path) -> Result<(), FileError> {
    if let Some(folder) = pointer.parent() {
        fs::create_dir_all(folder).map_err(FileError::write(folder))?;
    }
    remove(pointer)?;
    link(pointer, blob)
        .or_else(|_| fs::rename(blob, pointer))
        .map_err(FileError::write(pointer))
}

/// Relative, so that the cache can be moved.
#[cfg(unix)]
fn link(pointer: &Path, blob: &Path) -> io::Result<()> {
    let no_link = || io::Error::from(io::ErrorKind::Unsupported);
    let root = |path: &Path| path.ancestors().nth(2).map(Path::to_owned);
    let repository = root(blob).ok_or_else(no_link)?;
    let below = |path: &Path| path.strip_prefix(&repository).map(Path::to_owned);
    let (pointer_below, blob_below) = (
        below(pointer).map_err(|_| no_link())?,
        below(blob).map_err(|_| no_link())?,
    );
    let up = pointer_below.components().skip(1).map(|_| "..");
    let target: PathBuf = up.collect::<PathBuf>().join(blob_below);
    std::os::unix::fs::symlink(target, pointer)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_content_goes_on_and_a_full_one_starts_again() {
        let folder = tempfile::tempdir().unwrap();
        let blob = folder.path().join("blobs/abc");
        let partial = Partial::open(&blob).unwrap().unwrap();
        assert_eq!(partial.length().unwrap(), 0);
        partial.write(0, &b"abcd"[..], |_| {}).unwrap();
        partial.write(4, &b"ef"[..], |_| {}).unwrap();
        assert_eq!(partial.length().unwrap(), 6);
        partial.write(0, &b"xyz"[..], |_| {}).unwrap();
        assert!(Partial::open(&blob).unwrap().is_none(), "it is locked");
        partial.finish().unwrap();
        let pointer = folder.path().join("snapshots/c0/deep/name.json");
        point(&pointer, &blob).unwrap();
        point(&pointer, &blob).unwrap();
        assert_eq!(fs::read(&pointer).unwrap(), b"xyz");
    }
}

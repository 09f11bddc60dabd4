//! Documents, and opening them: plain files, gzipped ones, and entries of a zip archive.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use persona_core::{FileError, Task};
use zip::ZipArchive;

use crate::error::Failure;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BUFFER_BYTES: usize = 1 << 16;

/// Document: a file, or an entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    pub(crate) entry: Option<String>,
    /// Index of the source that the document belongs to.
    pub(crate) source: usize,
    /// Whether the user named this file itself; it must then be an export.
    pub(crate) given: bool,
    /// Size as stored, in bytes.
    pub(crate) bytes: u64,
}

impl Document {
    /// Name of the document in messages to the user.
    pub(crate) fn name(&self) -> String {
        match &self.entry {
            Some(entry) => format!("{}/{entry}", self.path.display()),
            None => self.path.display().to_string(),
        }
    }
}

/// The open archive, whose directory is read once for all entries.
#[derive(Default)]
pub(crate) struct ArchiveReader {
    archive: Option<(PathBuf, ZipArchive<BufReader<File>>)>,
}

impl ArchiveReader {
    /// Lets `consume` read the decompressed bytes of a document. `task` advances by compressed bytes.
    pub(crate) fn with<T>(
        &mut self,
        document: &Document,
        task: Option<&dyn Task>,
        consume: impl FnOnce(&mut dyn Read) -> T,
    ) -> Result<T, Failure> {
        let Some(entry) = &document.entry else {
            let file = File::open(&document.path).map_err(FileError::read(&document.path))?;
            return decompressed(&document.path, Counting { reader: file, task }, consume);
        };
        let archive = self.archive(&document.path)?;
        let reader = archive.by_name(entry).map_err(|error| Failure::Archive {
            path: document.path.clone(),
            reason: format!("entry `{entry}`: {error}"),
        })?;
        let result = decompressed(&document.path, reader, consume);
        if let Some(task) = task {
            task.advance(document.bytes);
        }
        result
    }

    /// Archive at `path`, opened if it is not open yet.
    pub(crate) fn archive(
        &mut self,
        path: &Path,
    ) -> Result<&mut ZipArchive<BufReader<File>>, Failure> {
        let open = match self.archive.take() {
            Some((open, archive)) if open == path => (open, archive),
            _ => {
                let file = File::open(path).map_err(FileError::read(path))?;
                let archive = ZipArchive::new(BufReader::with_capacity(BUFFER_BYTES, file))
                    .map_err(|error| Failure::Archive {
                        path: path.to_owned(),
                        reason: error.to_string(),
                    })?;
                (path.to_owned(), archive)
            }
        };
        Ok(&mut self.archive.insert(open).1)
    }
}

fn decompressed<T>(
    path: &Path,
    reader: impl Read,
    consume: impl FnOnce(&mut dyn Read) -> T,
) -> Result<T, Failure> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
    let head = reader.fill_buf().map_err(FileError::read(path))?;
    if head.starts_with(GZIP) {
        return Ok(consume(&mut MultiGzDecoder::new(reader)));
    }
    Ok(consume(&mut reader))
}

struct Counting<'task, R> {
    reader: R,
    task: Option<&'task dyn Task>,
}

impl<R: Read> Read for Counting<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if let Some(task) = self.task {
            task.advance(count as u64);
        }
        Ok(count)
    }
}

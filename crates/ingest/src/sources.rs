//! Finds the documents in the given paths that may be exports, always in the same order.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use persona_core::FileError;

use crate::{
    archive::{ArchiveReader, Document},
    error::Failure,
};

const ZIP: &[u8] = b"PK\x03\x04";
const EMPTY_ZIP: &[u8] = b"PK\x05\x06";

/// Documents found in the sources.
#[derive(Debug, Default)]
pub(crate) struct FoundDocuments {
    pub(crate) documents: Vec<Document>,
    pub(crate) failures: Vec<Failure>,
}

/// Searches all sources. Only folders, the first bytes of files, and the directories of archives are read.
pub(crate) fn find(sources: &[PathBuf]) -> FoundDocuments {
    let mut found = FoundDocuments::default();
    for (source, path) in sources.iter().enumerate() {
        found.look(path, source, true);
    }
    found
}

impl FoundDocuments {
    fn look(&mut self, path: &Path, source: usize, given: bool) {
        let outcome = match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.folder(path, source),
            Ok(metadata) => self.file(path, source, given, metadata.len()),
            Err(error) => Err(FileError::read(path)(error).into()),
        };
        if let Err(failure) = outcome {
            self.failures.push(failure);
        }
    }

    fn folder(&mut self, path: &Path, source: usize) -> Result<(), Failure> {
        let mut entries: Vec<_> = fs::read_dir(path)
            .and_then(Iterator::collect::<Result<_, _>>)
            .map_err(FileError::read(path))?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            // A link to a folder may lead back to this one.
            let looping =
                entry.file_type().is_ok_and(|kind| kind.is_symlink()) && entry.path().is_dir();
            if !hidden && !looping {
                self.look(&entry.path(), source, false);
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, source: usize, given: bool, bytes: u64) -> Result<(), Failure> {
        let mut head = Vec::new();
        File::open(path)
            .and_then(|file| file.take(ZIP.len() as u64).read_to_end(&mut head))
            .map_err(FileError::read(path))?;
        if head == ZIP || head == EMPTY_ZIP {
            return self.archive(path, source);
        }
        self.documents.push(Document {
            path: path.to_owned(),
            entry: None,
            source,
            given,
            bytes,
        });
        Ok(())
    }

    fn archive(&mut self, path: &Path, source: usize) -> Result<(), Failure> {
        let mut archives = ArchiveReader::default();
        let archive = archives.archive(path)?;
        let mut entries = Vec::new();
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(archive_error(path))?;
            let name = entry.name().map_err(archive_error(path))?;
            if entry.is_file() && !name.starts_with("__MACOSX/") {
                entries.push((name.into_owned(), entry.compressed_size()));
            }
        }
        entries.sort();
        for (name, bytes) in entries {
            self.documents.push(Document {
                path: path.to_owned(),
                entry: Some(name),
                source,
                given: false,
                bytes,
            });
        }
        Ok(())
    }
}

fn archive_error(path: &Path) -> impl FnOnce(zip::result::ZipError) -> Failure {
    move |error| Failure::Archive {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

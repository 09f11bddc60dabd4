//! Hashes of files, folders and numbers.

use std::{
    fs::{self, File},
    path::Path,
};

use crate::error::FileError;

/// BLAKE3 of a file's bytes, in hexadecimal.
pub fn hash_file(path: &Path) -> Result<String, FileError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(FileError::read(path))?;
    hasher.update_reader(file).map_err(FileError::read(path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// BLAKE3 over the names and bytes of all files below `folder`, or of the one file that `folder` is.
pub fn hash_path(folder: &Path) -> Result<String, FileError> {
    if folder.is_file() {
        return hash_file(folder);
    }
    let mut hasher = blake3::Hasher::new();
    let mut entries: Vec<_> = fs::read_dir(folder)
        .map_err(FileError::read(folder))?
        .collect::<Result<_, _>>()
        .map_err(FileError::read(folder))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        hasher.update(entry.file_name().as_encoded_bytes());
        hasher.update(&[0]);
        hasher.update(hash_path(&entry.path())?.as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// FNV-1a hash of `values`: quick, and the same on every machine and in every version, unlike the standard hasher.
pub fn fnv1a(values: impl IntoIterator<Item = u64>) -> u64 {
    let values = values.into_iter();
    values.fold(0xcbf2_9ce4_8422_2325, |hash, value| {
        (hash ^ value).wrapping_mul(0x0100_0000_01b3)
    })
}

//! Files for parsers that take a path.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().unwrap();
}

/// Writes a file below this thread's own folder; what had this name before is overwritten.
pub(crate) fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = path(name);
    fs::create_dir_all(path.parent().unwrap_or(Path::new(""))).unwrap();
    File::create(&path).unwrap().write_all(content).unwrap();
    path
}

/// Where a file or folder of this name lies.
pub(crate) fn path(name: &str) -> PathBuf {
    FOLDER.with(|folder| folder.path().join(name))
}

//! What people are told, whole.

use std::{io, path::Path};

use super::FileError;
use crate::describe;

#[test]
fn errors_of_files() {
    let errors = [
        FileError::read(Path::new("persona.toml"))(io::ErrorKind::NotFound.into()),
        FileError::read(Path::new("it's here"))(io::ErrorKind::PermissionDenied.into()),
        FileError::read(Path::new("a.json"))(io::ErrorKind::UnexpectedEof.into()),
        FileError::write(Path::new("out/report.json"))(io::ErrorKind::StorageFull.into()),
        FileError::write(Path::new("out/report.json"))(io::ErrorKind::QuotaExceeded.into()),
        FileError::content(Path::new("a.json"), "line 3", "found `x`, expected a number"),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

//! What people are told, whole.

use std::{io, path::Path};

use super::FileError;
use crate::describe;

#[test]
fn errors_of_files() {
    let errors = [
        FileError::read(Path::new("persona.toml"))(io::ErrorKind::NotFound.into()),
        FileError::read(Path::new("locked.json"))(io::ErrorKind::PermissionDenied.into()),
        FileError::read(Path::new("a.json"))(io::ErrorKind::UnexpectedEof.into()),
        FileError::write(Path::new("out/report.json"))(io::ErrorKind::StorageFull.into()),
        FileError::write(Path::new("out/report.json"))(io::ErrorKind::QuotaExceeded.into()),
        FileError::content(
            Path::new("a.json"),
            "line 3",
            "found `x`, expected a number",
        ),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot read `persona.toml`
    caused by: entity not found
    hint: check the path; relative paths start at the current folder

    cannot read `locked.json`
    caused by: permission denied
    hint: look at its permissions: ls -l 'locked.json'

    cannot read `a.json`
    caused by: unexpected end of file

    cannot write `out/report.json`
    caused by: no storage space
    hint: the disk that holds `out/report.json` is full: free some space and run the same command again, it goes on where it stopped

    cannot write `out/report.json`
    caused by: quota exceeded
    hint: the disk that holds `out/report.json` is full: free some space and run the same command again, it goes on where it stopped

    `a.json`, line 3: found `x`, expected a number
    ");
}

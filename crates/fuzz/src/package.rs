//! Discord's data package: an archive of folders, one per channel, with files around the messages.

use std::io::{Cursor, Write};

use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{
    ingested::{messages, read_twice},
    scratch,
};

/// What separates the files of a package in the bytes.
const BORDER: &[u8] = b"\n-----\n";
/// The files of a package, in the order of the bytes; those that the bytes do not reach are missing.
const FILES: [&str; 4] = [
    "Account/user.json",
    "Messages/c7/channel.json",
    "Messages/c7/messages.json",
    "Messages/index.json",
];

/// Bytes that begin as an archive are one; all others are the files of a package, which must be read alike from an
/// archive and from a folder.
pub fn package(data: &[u8]) -> bool {
    if data.starts_with(b"PK") {
        return read_twice(&[scratch::file("package.zip", data)]).2;
    }
    let parts = split(data);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in FILES.iter().zip(&parts) {
        let stored =
            SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(*name, stored).unwrap();
        archive.write_all(content).unwrap();
    }
    let archive = archive.finish().unwrap().into_inner();
    let (from_archive, report, whole) = read_twice(&[scratch::file("package.zip", &archive)]);

    let _ = std::fs::remove_dir_all(scratch::path("package"));
    for (name, content) in FILES.iter().zip(&parts) {
        scratch::file(&format!("package/{name}"), content);
    }
    let (from_folder, folder_report, folder_whole) = read_twice(&[scratch::path("package")]);
    assert_eq!(report.totals, folder_report.totals);
    assert_eq!(whole, folder_whole);
    assert_eq!(messages(&from_archive), messages(&from_folder));
    whole
}

fn split(data: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = data;
    while parts.len() + 1 < FILES.len()
        && let Some(at) = rest
            .windows(BORDER.len())
            .position(|window| window == BORDER)
    {
        parts.push(&rest[..at]);
        rest = &rest[at + BORDER.len()..];
    }
    parts.push(rest);
    parts
}

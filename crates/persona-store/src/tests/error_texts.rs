//! What people are told, whole.

use std::io;

use persona_core::{FileError, describe};
use rusqlite::ffi;

use crate::Error;

fn database(code: i32) -> Error {
    Error::Database {
        path: "runs/first/persona.sqlite".into(),
        action: "store a message",
        source: rusqlite::Error::SqliteFailure(ffi::Error::new(code), None),
    }
}

#[test]
fn errors() {
    let errors = [
        Error::Missing {
            path: "persona.sqlite".into(),
            source: io::ErrorKind::NotFound.into(),
        },
        Error::Missing {
            path: "/root/persona.sqlite".into(),
            source: io::ErrorKind::PermissionDenied.into(),
        },
        database(ffi::SQLITE_FULL),
        database(ffi::SQLITE_IOERR_SHMSIZE),
        database(ffi::SQLITE_BUSY),
        database(ffi::SQLITE_NOTADB),
        database(ffi::SQLITE_CORRUPT),
        database(ffi::SQLITE_READONLY),
        database(ffi::SQLITE_CANTOPEN),
        database(ffi::SQLITE_CONSTRAINT),
        Error::Foreign {
            path: "cookies.sqlite".into(),
            found: 0x0f05_5112,
            expected: 0x5052_534e,
        },
        Error::Newer {
            path: "persona.sqlite".into(),
            found: 9,
            supported: 2,
        },
        Error::IdTooLarge {
            what: "message",
            id: u64::MAX,
        },
        Error::Dimensions {
            path: "persona.sqlite".into(),
            model: "all-MiniLM-L6-v2".to_owned(),
            found: 768,
            expected: 384,
        },
        Error::Prompt {
            path: "persona.sqlite".into(),
            message: 12,
            source: serde_json::from_str::<u8>("{").unwrap_err(),
        },
        Error::File(FileError::write("persona.partial".as_ref())(
            io::ErrorKind::StorageFull.into(),
        )),
        Error::Value {
            path: "persona.sqlite".into(),
            what: "the kind of a channel",
            found: "attic".to_owned(),
            expected: "text, direct, voice, news, thread, forum or other",
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

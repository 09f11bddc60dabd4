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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot open the store `persona.sqlite`
    caused by: entity not found
    hint: run `cargo xtask ingest` first, or check the path of the store

    cannot open the store `/root/persona.sqlite`
    caused by: permission denied
    hint: look at its permissions: ls -l '/root/persona.sqlite'

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 13: database or disk is full
    hint: the disk that holds `runs/first/persona.sqlite` is full: free some space and run the same command again; what was stored is kept

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 4874: disk I/O error
    hint: the disk that holds `runs/first/persona.sqlite` is full: free some space and run the same command again; what was stored is kept

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 5: database is locked
    hint: another program is writing to the store: wait for it or stop it

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 26: file is not a database
    hint: move `runs/first/persona.sqlite` away and ingest the exports again

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 11: database disk image is malformed
    hint: move `runs/first/persona.sqlite` away and ingest the exports again

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 8: attempt to write a readonly database
    hint: look at the permissions of the file and its folder: ls -ld 'runs/first/persona.sqlite'

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 14: unable to open database file
    hint: look at the permissions of the file and its folder: ls -ld 'runs/first/persona.sqlite'

    store `runs/first/persona.sqlite`: cannot store a message
    caused by: Error code 19: constraint failed

    `cookies.sqlite` is a database of another program: application id 0x0f055112, expected 0x5052534e
    hint: give the store another path

    store `persona.sqlite` has schema version 9, this program knows versions up to 2
    hint: use the newer Persona, or give the store another path

    message id `18446744073709551615` is too large: ids up to 9223372036854775807 (2^63 - 1) can be stored

    store `persona.sqlite`: a vector of the model `all-MiniLM-L6-v2` has 768 numbers, expected 384 like those in the store
    hint: give another model another folder, and its messages are embedded anew

    store `persona.sqlite`: the prompt of the bot's message `12` is not a list of chat messages
    caused by: invalid type: map, expected u8 at line 1 column 0

    cannot write `persona.partial`
    caused by: no storage space
    hint: the disk that holds `persona.partial` is full: free some space and run the same command again, it goes on where it stopped

    store `persona.sqlite`: the kind of a channel has the value `attic`, expected text, direct, voice, news, thread, forum or other
    ");
}

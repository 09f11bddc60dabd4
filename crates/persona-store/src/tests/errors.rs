use std::{fs, path::Path};

use persona_core::{Message, describe};

use super::examples::{author, channel, message};
use crate::{Error, Store};

/// What people are told, without the path of the folder.
fn told(error: &Error, folder: &Path) -> String {
    describe(error).replace(&folder.display().to_string(), "…")
}

#[test]
fn ids_beyond_63_bits_are_refused_by_name() {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    batch.upsert_channel(&channel(7), 1).unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    let error = batch
        .upsert_message(
            &Message {
                reply_to: Some(1 << 63),
                ..message(1)
            },
            1,
        )
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "replied-to message id `9223372036854775808` is too large: ids up to 9223372036854775807 (2^63 - 1) can be stored"
    );
}

#[test]
fn a_store_that_is_not_there_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let error = Store::open_read_only(&folder.path().join("persona.sqlite")).unwrap_err();
    insta::assert_snapshot!(told(&error, folder.path()), @"
    cannot open the store `…/persona.sqlite`
    caused by: No such file or directory (os error 2)
    hint: run `cargo xtask ingest` first, or check the path of the store
    ");
}

#[test]
fn a_file_that_is_no_database_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "just some notes, certainly longer than a database header would be, and not one either ...........";
    persona_core::atomic::write(&path, text).unwrap();
    let error = Store::open(&path).unwrap_err();
    insta::assert_snapshot!(told(&error, folder.path()), @"
    store `…/notes.txt`: cannot read its header
    caused by: file is not a database
    hint: move `…/notes.txt` away and ingest the exports again
    ");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_database_of_another_program_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t (a)")
        .unwrap();
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    insta::assert_snapshot!(told(&error, folder.path()), @"
    `…/other.sqlite` is a database of another program: application id 0x00000000, expected 0x5052534e
    hint: give the store another path
    ");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_store_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persona.sqlite");
    drop(Store::open(&path).unwrap());
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 1000)
        .unwrap();
    let error = Store::open(&path).unwrap_err();
    insta::assert_snapshot!(told(&error, folder.path()), @"
    store `…/persona.sqlite` has schema version 1000, this program knows versions up to 2
    hint: use the newer Persona, or give the store another path
    ");
}

#[test]
fn a_store_is_read_while_another_handle_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/persona.sqlite");
    let mut store = Store::open(&path).unwrap();
    let reader = Store::open_read_only(&path).unwrap();
    let batch = store.batch().unwrap();
    batch.upsert_channel(&channel(7), 1).unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    batch.upsert_message(&message(1), 1).unwrap();
    assert_eq!(reader.counts().unwrap().messages, 0);
    batch.commit().unwrap();
    assert_eq!(reader.messages_of_channel(7).unwrap(), [message(1)]);
    drop(store);
    drop(reader);
    let reopened = Store::open_read_only(&path).unwrap();
    assert_eq!(reopened.counts().unwrap().messages, 1);
}

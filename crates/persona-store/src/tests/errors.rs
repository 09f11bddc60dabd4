use std::fs;

use persona_core::{Hint, Message};

use super::examples::{author, channel, message};
use crate::{Error, Store};

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
    assert!(error.to_string().contains("persona.sqlite"), "{error}");
    assert!(error.hint().unwrap().contains("xtask ingest"), "{error:?}");
}

#[test]
fn a_file_that_is_no_database_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let text = "just some notes, certainly longer than a database header would be, and not one either ...........";
    persona_core::atomic::write(&path, text).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert!(
        error.to_string().contains("notes.txt") && error.hint().is_some(),
        "{error:?}"
    );
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
    assert!(matches!(
        Store::open(&path).unwrap_err(),
        Error::Foreign { .. }
    ));
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
    assert!(
        matches!(error, Error::Newer { found: 1000, .. }),
        "{error:?}"
    );
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

use std::fs;

use persona_core::Message;

use super::examples::{author, channel, message};
use crate::Store;

/// Writes `messages` in transactions of the given size.
fn write(store: &mut Store, messages: &[Message], at_once: usize) {
    for some in messages.chunks(at_once) {
        let batch = store.batch().unwrap();
        batch.upsert_channel(&channel(7), 1).unwrap();
        batch.upsert_author(&author(3), 1).unwrap();
        for message in some {
            batch.upsert_message(message, 10).unwrap();
        }
        batch.commit().unwrap();
    }
}

#[test]
fn the_same_content_has_the_same_bytes_whatever_led_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let messages: Vec<Message> = (1..500).map(message).collect();
    let [once, often] =
        ["once", "often"].map(|name| folder.path().join(name).join("persona.sqlite"));

    let mut store = Store::open(&once).unwrap();
    write(&mut store, &messages, 500);
    assert!(store.rewrite().unwrap());

    let mut store = Store::open(&often).unwrap();
    write(&mut store, &messages[..300], 7);
    drop(store);
    let mut store = Store::open(&often).unwrap();
    write(&mut store, &messages, 11);
    assert!(store.rewrite().unwrap());

    assert!(
        fs::read(&once).unwrap() == fs::read(&often).unwrap(),
        "the files differ"
    );
    let store = Store::open(&often).unwrap();
    assert_eq!(store.messages_of_channel(7).unwrap(), messages);
    assert!(store.rewrite().unwrap());
    assert!(
        fs::read(&once).unwrap() == fs::read(&often).unwrap(),
        "rewriting changes something"
    );
}

#[test]
fn a_store_that_is_being_read_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persona.sqlite");
    let mut store = Store::open(&path).unwrap();
    write(&mut store, &[message(1)], 1);
    let reader = Store::open_read_only(&path).unwrap();
    let reading = reader.connection.unchecked_transaction().unwrap();
    assert_eq!(reader.counts().unwrap().messages, 1);
    write(&mut store, &[message(2)], 1);
    store
        .connection
        .busy_timeout(std::time::Duration::ZERO)
        .unwrap();
    assert!(!store.rewrite().unwrap());
    drop(reading);
    assert_eq!(reader.counts().unwrap().messages, 2);
    assert!(!folder.path().join("persona.partial").exists());
}

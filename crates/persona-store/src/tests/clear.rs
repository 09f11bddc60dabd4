use persona_core::Message;

use super::{
    bot::feedback,
    examples::{author, channel, message},
};
use crate::{Change, Cursor, Store};

fn fill(store: &mut Store) {
    let batch = store.batch().unwrap();
    for (index, id) in [3, 4, 5].into_iter().enumerate() {
        batch.upsert_author(&author(id), 1).unwrap();
        batch.upsert_channel(&channel(id), 1).unwrap();
        let written = Message {
            author_id: id,
            channel_id: id,
            ..message(index as u64 + 1)
        };
        batch.upsert_message(&written, 1).unwrap();
        let cursor = Cursor {
            begin: 1,
            after: 9,
            pages: 1,
        };
        batch.set_cursor(id, cursor).unwrap();
    }
    batch.commit().unwrap();
}

#[test]
fn history_goes_and_decisions_stay() {
    let mut store = Store::in_memory().unwrap();
    fill(&mut store);
    store.forget(3).unwrap();
    store.set_opted_out(4, true).unwrap();
    store.set_allowed(5, false).unwrap();
    store.clear_history().unwrap();
    let counts = store.counts().unwrap();
    assert_eq!((counts.messages, counts.channels, counts.people), (0, 1, 1));
    assert_eq!(store.cursor(5).unwrap(), None);
    fill(&mut store);
    assert!(store.is_forgotten(3).unwrap());
    assert!(store.author(3).unwrap().is_none());
    assert!(store.author(4).unwrap().unwrap().opted_out);
    assert!(!store.channel(5).unwrap().unwrap().allowed);
    assert_eq!(store.pseudonym(4).unwrap().as_deref(), Some("u2"));
    assert_eq!(store.pseudonym(5).unwrap().as_deref(), Some("u3"));
}

#[test]
fn a_store_without_decisions_is_as_new() {
    let mut store = Store::in_memory().unwrap();
    fill(&mut store);
    let first = store.content_hash().unwrap();
    store.clear_history().unwrap();
    assert_eq!(store.counts().unwrap(), crate::Counts::default());
    fill(&mut store);
    assert_eq!(store.content_hash().unwrap(), first);
    store.put_feedback(&feedback(50)).unwrap();
    store.clear_history().unwrap();
    let batch = store.batch().unwrap();
    assert_eq!(batch.upsert_author(&author(8), 1).unwrap(), Change::New);
    batch.commit().unwrap();
    assert_eq!(
        store.pseudonym(3).unwrap().as_deref(),
        Some("u1"),
        "feedback names people"
    );
    assert_eq!(store.pseudonym(8).unwrap().as_deref(), Some("u4"));
}

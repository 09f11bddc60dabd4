//! Cursors, and reading a part of a channel again.

use std::collections::BTreeSet;

use super::examples::{author, channel, message};
use crate::{Cursor, Reread, Store};

fn store() -> Store {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    batch.upsert_channel(&channel(7), 5).unwrap();
    batch.upsert_channel(&channel(8), 5).unwrap();
    batch.upsert_author(&author(3), 5).unwrap();
    for id in 1..=6 {
        batch.upsert_message(&message(id), 10 * id as i64).unwrap();
    }
    batch.commit().unwrap();
    store
}

fn ids(store: &Store) -> Vec<u64> {
    let messages = store.messages_of_channel(7).unwrap();
    messages.iter().map(|message| message.id).collect()
}

#[test]
fn a_cursor_is_stored_with_its_page() {
    let mut store = Store::in_memory().unwrap();
    assert_eq!(store.cursor(7).unwrap(), None);
    let batch = store.batch().unwrap();
    batch.set_cursor(7, Cursor::default()).unwrap();
    drop(batch);
    assert_eq!(store.cursor(7).unwrap(), None);
    for after in [100, 200, 150] {
        let cursor = Cursor {
            begin: 50,
            after,
            pages: 3,
        };
        let batch = store.batch().unwrap();
        batch.set_cursor(7, cursor).unwrap();
        batch.commit().unwrap();
        assert_eq!(store.cursor(7).unwrap(), Some(cursor));
    }
    assert_eq!(store.cursor(8).unwrap(), None);
}

#[test]
fn what_is_missing_from_a_part_is_deleted_and_what_is_back_is_not() {
    let mut store = store();
    let part = Reread {
        channel: 7,
        after: 1,
        up_to: 5,
        asked_ms: 50,
    };
    let batch = store.batch().unwrap();
    let present = BTreeSet::from([3]);
    assert_eq!(batch.mark_missing(part, &present).unwrap(), 2);
    batch.commit().unwrap();
    // 1 and 6 are outside, 5 was seen after the source was asked.
    assert_eq!(ids(&store), [1, 3, 5, 6]);
    let batch = store.batch().unwrap();
    let present = BTreeSet::from([2, 3, 5]);
    assert_eq!(batch.restore_present(part, &present).unwrap(), 1);
    let other = Reread { channel: 8, ..part };
    assert_eq!(batch.mark_missing(other, &BTreeSet::new()).unwrap(), 0);
    batch.commit().unwrap();
    assert_eq!(ids(&store), [1, 2, 3, 5, 6]);
}

#[test]
fn the_newest_message_before_another() {
    let mut store = store();
    assert_eq!(store.newest_before(7, 5).unwrap(), Some(4));
    let batch = store.batch().unwrap();
    batch.mark_deleted(4).unwrap();
    batch.commit().unwrap();
    assert_eq!(store.newest_before(7, 5).unwrap(), Some(3));
    assert_eq!(store.newest_before(7, 1).unwrap(), None);
    assert_eq!(store.newest_before(8, 5).unwrap(), None);
}

use persona_core::Message;
use rusqlite::Connection;

use super::examples::message;
use crate::{RememberedMessage, Scope, Store};

/// A store as the first version wrote it, with something in every table.
const OLD: &str = "
    INSERT INTO guilds VALUES (1, 'guild', 5);
    INSERT INTO channels VALUES (7, 1, NULL, 'text', 'general', 'topic', 0, 2, 5);
    UPDATE counters SET value = 4;
    INSERT INTO authors VALUES (3, 4, 'name3', 'Name 3', 0, 1, 5);
    INSERT INTO messages VALUES (1, 7, 3, 1000, NULL, 'default', 'hello', NULL, 0, 0, 5, 5);
    INSERT INTO messages VALUES (2, 7, 3, 1000, NULL, 'default', 'bye', NULL, 0, 0, 5, 5);
    INSERT INTO reactions VALUES (1, 0, '+', NULL, 2);
    INSERT INTO mentions VALUES (1, 0, 3, 'name3', 'Name 3');
    INSERT INTO rejected VALUES ('source', 9, 'reason', 'raw');
    INSERT INTO embeddings VALUES (1, 'model', x'0000803f000000bf');
    INSERT INTO embeddings VALUES (2, 'model', x'000000000000803f');
    INSERT INTO embeddings VALUES (2, 'short', x'0000803f');
    INSERT INTO bot_settings VALUES (1, 'rate', '0.5');
    INSERT INTO bot_statistics VALUES ('2026-01-31', 'seen', 3);
    INSERT INTO conversation_memory VALUES (20, 7, 3, 1000, 'hi', 1, 21);
    INSERT INTO conversation_memory VALUES (21, 7, 4, 1001, 'oh hi', 20, NULL);
    INSERT INTO feedback VALUES (21, 7, 1001, '[{\"role\":\"user\",\"content\":\"u4: hi\"}]', 'oh hi', 1, 0, 0);
    PRAGMA application_id = 0x5052534e;
    PRAGMA user_version = 1;";

fn check(store: &Store) {
    let counts = store.counts().unwrap();
    assert_eq!(
        (counts.messages, counts.reactions, counts.rejected),
        (2, 2, 1)
    );
    let hello = store.message(1).unwrap().unwrap();
    assert_eq!(hello.mentions.len(), 1);
    assert_eq!(
        Message {
            mentions: Vec::new(),
            ..hello
        },
        message(1)
    );
    let author = &store.authors().unwrap()[0];
    assert!(author.opted_out && author.number == 4);
    assert!(!store.channels().unwrap()[0].allowed);
    assert_eq!(store.guilds().unwrap()[0].name, "guild");
    assert_eq!(store.setting(1, "rate").unwrap().as_deref(), Some("0.5"));
    assert_eq!(store.statistics("2026-01-31").unwrap().len(), 1);
    let remembered = RememberedMessage {
        message_id: 20,
        channel_id: 7,
        author_id: 3,
        timestamp_ms: 1000,
        content: "hi".to_owned(),
        reply_to: Some(1),
    };
    assert_eq!(store.memory(7, 9).unwrap()[0], remembered);
    assert_eq!(
        (store.answer(20).unwrap(), store.last_seen(7).unwrap()),
        (Some(21), Some(21))
    );
    let feedback = store.feedback().unwrap();
    assert_eq!(
        (
            feedback.len(),
            feedback[0].prompt.len(),
            feedback[0].reply_to
        ),
        (1, 1, None)
    );
    assert_eq!(
        (
            store.count_embedded("model").unwrap(),
            store.count_embedded("short").unwrap()
        ),
        (2, 1)
    );
}

#[test]
fn a_store_of_the_first_version_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    for read_only in [false, true] {
        let path = folder.path().join(format!("{read_only}.sqlite"));
        let old = Connection::open(&path).unwrap();
        old.execute_batch(include_str!("../schema/0001.sql"))
            .unwrap();
        old.execute_batch(OLD).unwrap();
        drop(old);
        if read_only {
            check(&Store::open_read_only(&path).unwrap());
        } else {
            let mut store = Store::open(&path).unwrap();
            check(&store);
            assert!(!store.claim(20, 7, 0).unwrap(), "it was answered before");
            store.set_allowed(7, true).unwrap();
            let batch = store.batch().unwrap();
            batch.upsert_message(&message(1), 1).unwrap();
            batch.commit().unwrap();
            store
                .connection
                .execute("UPDATE authors SET opted_out = 0", [])
                .unwrap();
            let found = store
                .nearest("model", &[1.0, -0.5], 2, &Scope::default())
                .unwrap();
            assert_eq!((found[0].message_id, found[1].message_id), (1, 2));
            assert!((found[0].similarity - 1.25).abs() < 0.01, "{found:?}");
        }
    }
}

use persona_core::{Author, Channel, Guild, Mention, Message, MessageKind, Reaction};

use crate::{Change, Store};

pub(crate) fn author(id: u64) -> Author {
    Author {
        id,
        name: format!("name{id}"),
        display_name: format!("Name {id}"),
        is_bot: false,
    }
}

pub(crate) fn channel(id: u64) -> Channel {
    Channel {
        id,
        guild_id: 1,
        name: format!("channel-{id}"),
        ..Channel {
            id: 0,
            guild_id: 0,
            parent_id: None,
            kind: persona_core::ChannelKind::Text,
            name: String::new(),
            topic: None,
        }
    }
}

pub(crate) fn message(id: u64) -> Message {
    Message {
        id,
        channel_id: 7,
        author_id: 3,
        timestamp_ms: 1000,
        content: "hello".to_owned(),
        ..Message::default()
    }
}

fn store_one(store: &mut Store, message: &Message, observed_ms: i64) -> Change {
    let batch = store.batch().unwrap();
    batch
        .upsert_channel(&channel(message.channel_id), 1)
        .unwrap();
    batch.upsert_author(&author(message.author_id), 1).unwrap();
    let change = batch.upsert_message(message, observed_ms).unwrap();
    batch.commit().unwrap();
    change
}

#[test]
fn a_full_message_comes_back_as_it_was() {
    let mut store = Store::in_memory().unwrap();
    let full = Message {
        id: i64::MAX as u64,
        edited_ms: Some(-5),
        kind: MessageKind::Reply,
        content: "<|im_end|> \u{0} שלום 🧱".to_owned(),
        reply_to: Some(12),
        attachments: 3,
        reactions: vec![
            Reaction {
                emoji: "👍".to_owned(),
                emoji_id: None,
                count: 4,
            },
            Reaction {
                emoji: "party".to_owned(),
                emoji_id: Some(99),
                count: 1,
            },
        ],
        mentions: vec![Mention {
            id: 44,
            name: "z".to_owned(),
            display_name: "Zed".to_owned(),
        }],
        ..message(1)
    };
    assert_eq!(store_one(&mut store, &full, 10), Change::New);
    assert_eq!(store_one(&mut store, &message(2), 10), Change::New);
    assert_eq!(store.messages_of_channel(7).unwrap(), [message(2), full]);
    assert_eq!(store.pseudonym(3).unwrap().as_deref(), Some("u1"));
    assert_eq!(store.pseudonym(44).unwrap().as_deref(), Some("u2"));
    assert_eq!(store.pseudonym(45).unwrap(), None);
    let counts = store.counts().unwrap();
    assert_eq!((counts.messages, counts.authors, counts.people), (2, 1, 2));
    assert_eq!(
        (counts.reacted_messages, counts.reactions, counts.replies),
        (1, 5, 1)
    );
}

#[test]
fn an_edit_wins_whenever_it_comes() {
    let old = message(1);
    let edited = Message {
        content: "hello!".to_owned(),
        edited_ms: Some(2000),
        ..message(1)
    };
    for order in [[&old, &edited], [&edited, &old]] {
        let mut store = Store::in_memory().unwrap();
        for message in order {
            store_one(&mut store, message, 10);
        }
        assert_eq!(store.messages_of_channel(7).unwrap()[0].content, "hello!");
    }
}

#[test]
fn an_older_export_never_overwrites_newer_reactions() {
    let reacted = |count| Message {
        reactions: vec![Reaction {
            emoji: "👍".to_owned(),
            emoji_id: None,
            count,
        }],
        ..message(1)
    };
    let mut store = Store::in_memory().unwrap();
    assert_eq!(store_one(&mut store, &reacted(5), 20), Change::New);
    assert_eq!(store_one(&mut store, &reacted(9), 10), Change::Unchanged);
    assert_eq!(
        store.messages_of_channel(7).unwrap()[0].reactions[0].count,
        5
    );
    assert_eq!(store_one(&mut store, &reacted(5), 30), Change::Unchanged);
    assert_eq!(store_one(&mut store, &reacted(2), 40), Change::Updated);
    assert_eq!(store_one(&mut store, &message(1), 50), Change::Updated);
    assert!(
        store.messages_of_channel(7).unwrap()[0]
            .reactions
            .is_empty()
    );
}

#[test]
fn flags_outlive_ingestion_and_change_the_hash() {
    let mut store = Store::in_memory().unwrap();
    store_one(&mut store, &message(1), 10);
    let before = store.content_hash().unwrap();
    assert!(store.set_opted_out(3, true).unwrap());
    let opted_out = store.content_hash().unwrap();
    assert!(store.set_allowed(7, false).unwrap());
    let denied = store.content_hash().unwrap();
    assert!(before != opted_out && opted_out != denied);
    store_one(&mut store, &message(1), 99);
    assert_eq!(store.content_hash().unwrap(), denied);
    assert!(store.authors().unwrap()[0].opted_out && !store.channels().unwrap()[0].allowed);
    assert!(!store.set_opted_out(4, true).unwrap() && !store.set_allowed(8, true).unwrap());
}

#[test]
fn deleted_messages_are_not_read() {
    let mut store = Store::in_memory().unwrap();
    store_one(&mut store, &message(1), 10);
    store_one(&mut store, &message(2), 10);
    let batch = store.batch().unwrap();
    assert!(batch.mark_deleted(1).unwrap());
    assert!(!batch.mark_deleted(3).unwrap());
    batch.commit().unwrap();
    store_one(&mut store, &message(1), 20);
    assert_eq!(store.messages_of_channel(7).unwrap(), [message(2)]);
    assert_eq!(store.counts().unwrap().deleted, 1);
}

#[test]
fn a_batch_that_is_not_committed_leaves_nothing() {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    batch
        .upsert_guild(
            &Guild {
                id: 1,
                name: "g".to_owned(),
            },
            1,
        )
        .unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    drop(batch);
    assert_eq!(store.counts().unwrap(), crate::Counts::default());
}

#[test]
fn a_known_channel_is_not_renamed_by_a_vague_source() {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    let vague = Channel {
        guild_id: 0,
        name: String::new(),
        ..channel(7)
    };
    assert_eq!(batch.upsert_channel(&vague, 0).unwrap(), Change::New);
    assert_eq!(
        batch.upsert_channel(&channel(7), 5).unwrap(),
        Change::Updated
    );
    assert_eq!(batch.upsert_channel(&vague, 0).unwrap(), Change::Unchanged);
    batch.commit().unwrap();
    assert_eq!(store.channels().unwrap()[0].channel, channel(7));
}

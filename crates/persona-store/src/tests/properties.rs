use persona_core::{Mention, Message, MessageKind, Reaction};
use proptest::{collection::vec, option, prelude::*};

use super::examples::{author, channel};
use crate::{Change, Store};

/// Few ids and few times, so that collisions are common.
fn messages() -> impl Strategy<Value = Message> {
    let reactions = vec(("[ab]", option::of(1_u64..3), 1_u32..4), 0..3);
    let mentions = vec((1_u64..6, "[xy]"), 0..3);
    (
        (1_u64..8, 1_u64..3, 1_u64..5, 0_i64..3),
        (
            option::of(0_i64..3),
            "\\PC{0,3}",
            option::of(1_u64..8),
            0_u32..2,
        ),
        (reactions, mentions),
    )
        .prop_map(
            |(
                (id, channel_id, author_id, timestamp_ms),
                (edited_ms, content, reply_to, attachments),
                (reactions, mentions),
            )| Message {
                id,
                channel_id,
                author_id,
                timestamp_ms,
                edited_ms,
                kind: if reply_to.is_some() {
                    MessageKind::Reply
                } else {
                    MessageKind::Default
                },
                content,
                reply_to,
                attachments,
                reactions: reactions
                    .into_iter()
                    .map(|(emoji, emoji_id, count)| Reaction {
                        emoji,
                        emoji_id,
                        count,
                    })
                    .collect(),
                mentions: mentions
                    .into_iter()
                    .map(|(id, name)| Mention {
                        id,
                        display_name: name.to_uppercase(),
                        name,
                    })
                    .collect(),
            },
        )
}

fn observations() -> impl Strategy<Value = Vec<(Message, i64)>> {
    vec((messages(), 0_i64..4), 0..20)
}

fn ingest(store: &mut Store, observations: &[(Message, i64)]) -> Vec<Change> {
    let batch = store.batch().unwrap();
    let changes = observations
        .iter()
        .map(|(message, observed_ms)| {
            let mut writer = author(message.author_id);
            // Names that change with time, and differ at the same time.
            writer.display_name = message.content.clone();
            let mut place = channel(message.channel_id);
            place.topic = Some(message.content.clone());
            batch.upsert_channel(&place, *observed_ms).unwrap();
            batch.upsert_author(&writer, *observed_ms).unwrap();
            batch.upsert_message(message, *observed_ms).unwrap()
        })
        .collect();
    batch.commit().unwrap();
    changes
}

fn of(observations: &[(Message, i64)]) -> Store {
    let mut store = Store::in_memory().unwrap();
    ingest(&mut store, observations);
    store
}

proptest! {
    #[test]
    fn twice_is_once(observations in observations()) {
        let mut store = of(&observations);
        let once = store.content_hash().unwrap();
        let changes = ingest(&mut store, &observations);
        prop_assert!(changes.iter().all(|change| *change == Change::Unchanged));
        prop_assert_eq!(store.content_hash().unwrap(), once);
    }

    #[test]
    fn order_does_not_matter(
        (given, shuffled) in observations().prop_flat_map(|given| (Just(given.clone()), Just(given).prop_shuffle()))
    ) {
        prop_assert_eq!(of(&given).hash(false).unwrap(), of(&shuffled).hash(false).unwrap());
    }

    #[test]
    fn what_goes_in_comes_out(given in vec(messages(), 0..20)) {
        let mut distinct = given;
        distinct.sort_by_key(|message| message.id);
        distinct.dedup_by_key(|message| message.id);
        let observed: Vec<_> = distinct.iter().map(|message| (message.clone(), 1)).collect();
        let store = of(&observed);
        for channel in 1..3 {
            let expected: Vec<_> = distinct.iter().filter(|message| message.channel_id == channel).cloned().collect();
            prop_assert_eq!(store.messages_of_channel(channel).unwrap(), expected);
        }
        prop_assert_eq!(store.counts().unwrap().messages, distinct.len() as u64);
    }

    #[test]
    fn the_hash_sees_every_change(given in messages(), other in messages()) {
        let one = of(&[(given.clone(), 1)]).content_hash().unwrap();
        let two = of(&[(other.clone(), 1)]).content_hash().unwrap();
        prop_assert_eq!(given == other, one == two);
    }
}

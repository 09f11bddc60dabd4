use std::thread;

use persona_core::{ChatMessage, Id};
use proptest::{collection::vec, prelude::*};

use super::examples::{author, channel, message};
use crate::{Claim, Cursor, FeedbackRow, RememberedMessage, Store};

pub(crate) fn memory(message_id: Id, channel_id: Id, author_id: Id) -> RememberedMessage {
    RememberedMessage {
        message_id,
        channel_id,
        author_id,
        timestamp_ms: 1000 + message_id.cast_signed(),
        content: format!("text {message_id}"),
        reply_to: Some(4),
    }
}

pub(crate) fn feedback(message_id: Id) -> FeedbackRow {
    FeedbackRow {
        message_id,
        channel_id: 7,
        timestamp_ms: 5,
        reply_to: Some(1),
        prompt: vec![
            ChatMessage::system("be kind"),
            ChatMessage::user("u1: hello \"there\"\nall"),
        ],
        reply: "hi".to_owned(),
        positive: 0,
        negative: 0,
        retracted: false,
    }
}

#[test]
fn a_guild_has_its_own_settings_and_else_those_of_all() {
    let store = Store::in_memory().unwrap();
    store.set_setting(0, "rate", Some("0.05")).unwrap();
    store.set_setting(0, "temperature", Some("0.7")).unwrap();
    store.set_setting(5, "rate", Some("0.5")).unwrap();
    let pairs = |guild| {
        let settings = store.settings(guild).unwrap();
        settings
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(pairs(5), "rate=0.5 temperature=0.7");
    assert_eq!(pairs(6), "rate=0.05 temperature=0.7");
    assert_eq!(store.setting(5, "rate").unwrap().as_deref(), Some("0.5"));
    assert_eq!(store.setting(6, "rate").unwrap().as_deref(), Some("0.05"));
    assert_eq!(store.setting(6, "colour").unwrap(), None);
    store.set_setting(5, "rate", None).unwrap();
    assert_eq!(pairs(5), "rate=0.05 temperature=0.7");
}

#[test]
fn figures_add_up_per_day() {
    let store = Store::in_memory().unwrap();
    store.add_statistics("2026-01-31", "seen", 2.0).unwrap();
    store.add_statistics("2026-01-31", "seen", 3.0).unwrap();
    store.set_statistic("2026-01-31", "memory", 7.5).unwrap();
    store.set_statistic("2026-01-31", "memory", 6.5).unwrap();
    store.add_statistics("2026-02-01", "seen", 1.0).unwrap();
    let day = store.statistics("2026-01-31").unwrap();
    assert_eq!(day["seen"].to_bits(), 5.0_f64.to_bits());
    assert_eq!(day["memory"].to_bits(), 6.5_f64.to_bits());
    assert_eq!(
        store.statistic_days().unwrap(),
        ["2026-02-01", "2026-01-31"]
    );
    assert!(store.statistics("2026-02-02").unwrap().is_empty());
}

#[test]
fn the_memory_is_of_a_channel_and_oldest_first() {
    let store = Store::in_memory().unwrap();
    for (id, channel) in [(3, 7), (1, 7), (2, 8), (5, 7)] {
        assert!(store.remember(&memory(id, channel, 9)).unwrap());
    }
    assert_eq!(
        store.memory(7, 2).unwrap(),
        [memory(3, 7, 9), memory(5, 7, 9)]
    );
    assert_eq!(store.remembered(2).unwrap(), Some(memory(2, 8, 9)));
    let edited = RememberedMessage {
        content: "edited".to_owned(),
        ..memory(5, 7, 9)
    };
    store.remember(&edited).unwrap();
    assert_eq!(store.memory(7, 1).unwrap(), [edited]);
    assert!(store.remove_remembered(7, 5).unwrap());
    assert!(!store.remove_remembered(7, 5).unwrap() && !store.remove_remembered(7, 2).unwrap());
    assert_eq!(store.prune_memory(1).unwrap(), 1);
    assert_eq!(store.memory(7, 9).unwrap(), [memory(3, 7, 9)]);
    assert_eq!(store.memory(8, 9).unwrap(), [memory(2, 8, 9)]);
    assert_eq!(store.last_seen(7).unwrap(), Some(5));
    store.set_last_seen(7, 4).unwrap();
    assert_eq!(store.last_seen(7).unwrap(), Some(5));
    store.set_last_seen(7, 6).unwrap();
    assert_eq!(store.last_seen(7).unwrap(), Some(6));
    assert_eq!(store.last_seen(9).unwrap(), None);
}

#[test]
fn a_message_is_claimed_by_one_of_many() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persona.sqlite");
    drop(Store::open(&path).unwrap());
    let claims = |_| {
        let store = Store::open(&path).unwrap();
        let won = (1..=40).filter(|id| store.claim(*id, 7, 0).unwrap());
        won.collect::<Vec<Id>>()
    };
    let mut won: Vec<Id> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|index| scope.spawn(move || claims(index)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    won.sort_unstable();
    assert_eq!(won, (1..=40).collect::<Vec<Id>>());
}

#[test]
fn a_claim_ends_with_an_answer_or_is_given_back() {
    let store = Store::in_memory().unwrap();
    assert!(!store.set_answered(1, 50).unwrap());
    assert!(store.claim(1, 7, 10).unwrap() && store.claim(2, 7, 20).unwrap());
    assert!(store.set_answered(1, 50).unwrap() && !store.set_answered(1, 51).unwrap());
    assert_eq!(store.answer(1).unwrap(), Some(50));
    assert_eq!(store.answer(2).unwrap(), None);
    let open = Claim {
        message_id: 2,
        channel_id: 7,
        claimed_ms: 20,
    };
    assert_eq!(store.open_claims().unwrap(), [open]);
    assert!(store.release(2).unwrap() && !store.release(1).unwrap());
    assert!(store.claim(2, 7, 30).unwrap() && !store.claim(1, 7, 30).unwrap());
}

proptest! {
    /// Each message is claimed once, whatever else happens in between.
    #[test]
    fn a_claim_is_true_once(asked in vec((1_u64..6, any::<bool>(), any::<bool>()), 1..40)) {
        let store = Store::in_memory().unwrap();
        let mut claimed = std::collections::BTreeSet::new();
        for (id, prune, answer) in asked {
            store.remember(&memory(id, id % 2, 3)).unwrap();
            prop_assert_eq!(store.claim(id, id % 2, 0).unwrap(), claimed.insert(id));
            if prune {
                store.prune_memory(1).unwrap();
                store.remove_remembered(id % 2, id).unwrap();
            }
            if answer {
                store.set_answered(id, 100 + id).unwrap();
            }
        }
    }
}

#[test]
fn feedback_comes_back_once_somebody_gave_it() {
    let store = Store::in_memory().unwrap();
    for id in [12, 11, 13] {
        store.put_feedback(&feedback(id)).unwrap();
    }
    assert!(store.feedback().unwrap().is_empty());
    assert!(store.count_feedback(12, 2, 1).unwrap() && store.retract(11).unwrap());
    assert!(!store.count_feedback(99, 1, 1).unwrap() && !store.retract(99).unwrap());
    store.put_feedback(&feedback(12)).unwrap();
    let liked = FeedbackRow {
        positive: 2,
        negative: 1,
        ..feedback(12)
    };
    let retracted = FeedbackRow {
        retracted: true,
        ..feedback(11)
    };
    assert_eq!(store.feedback().unwrap(), [retracted, liked]);
    assert_eq!(store.feedback_of(13).unwrap(), Some(feedback(13)));
    assert_eq!(store.prune_feedback(6).unwrap(), 1);
    assert_eq!(store.feedback_of(13).unwrap(), None);
    assert_eq!(store.feedback().unwrap().len(), 2);
}

#[test]
fn direct_channels_are_known_until_their_person_is_forgotten() {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    batch.commit().unwrap();
    for (channel, person) in [(70, 3), (71, 4), (70, 3), (72, 5)] {
        store.know_direct(channel, person).unwrap();
    }
    for (channel, message) in [(70, 1), (71, 9)] {
        store.set_last_seen(channel, message).unwrap();
    }
    assert_eq!(store.direct_channels(9).unwrap(), [71, 70, 72]);
    assert_eq!(store.direct_channels(1).unwrap(), [71]);
    store.forget(3).unwrap();
    assert_eq!(store.direct_channels(9).unwrap(), [71, 72]);
    assert_eq!(store.last_seen(70).unwrap(), None);
}

#[test]
fn a_reply_is_judged_by_all_its_parts() {
    let store = Store::in_memory().unwrap();
    store.put_feedback(&feedback(11)).unwrap();
    store.put_parts(11, &[14, 12]).unwrap();
    assert_eq!(store.parts(11).unwrap(), [12, 14]);
    assert!(store.parts(12).unwrap().is_empty());
    let first = |message| store.first_part(message).unwrap();
    assert_eq!((first(14), first(11), first(99)), (11, 11, 99));
    assert!(store.feedback().unwrap().is_empty());
    assert!(store.count_feedback(14, 1, 0).unwrap() && store.count_feedback(11, 2, 1).unwrap());
    assert!(store.count_feedback(12, 0, 2).unwrap());
    let summed = FeedbackRow {
        positive: 3,
        negative: 3,
        ..feedback(11)
    };
    assert_eq!(store.feedback().unwrap(), [summed]);
    // Judged in its last part only, it stays.
    assert!(store.count_feedback(11, 0, 0).unwrap() && store.count_feedback(12, 0, 0).unwrap());
    assert_eq!(store.prune_feedback(i64::MAX).unwrap(), 0);
    assert!(store.count_feedback(14, 0, 0).unwrap());
    assert_eq!(store.prune_feedback(i64::MAX).unwrap(), 1);
    assert!(
        store.parts(11).unwrap().is_empty(),
        "parts go with their reply"
    );
}

#[test]
fn the_hash_sees_feedback_and_nothing_else_of_the_bot() {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    batch.upsert_channel(&channel(7), 1).unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    batch.upsert_message(&message(1), 1).unwrap();
    batch.commit().unwrap();
    let before = store.content_hash().unwrap();
    store.remember(&memory(8, 7, 3)).unwrap();
    store.claim(8, 7, 0).unwrap();
    store.set_setting(0, "rate", Some("1")).unwrap();
    store.add_statistics("2026-01-31", "seen", 1.0).unwrap();
    store.put_feedback(&feedback(50)).unwrap();
    let batch = store.batch().unwrap();
    batch.set_cursor(7, Cursor::default()).unwrap();
    assert!(batch.put_embedding(1, "m", &[1.0]).unwrap());
    batch.commit().unwrap();
    assert_eq!(store.content_hash().unwrap(), before);
    store.count_feedback(50, 1, 0).unwrap();
    let liked = store.content_hash().unwrap();
    assert_ne!(liked, before);
    store.retract(50).unwrap();
    assert_ne!(store.content_hash().unwrap(), liked);
}

use std::collections::BTreeSet;

use persona_core::{Author, Id, Message};
use proptest::{collection::vec, prelude::*};

use super::examples::{author, channel, message};
use crate::{Error, Neighbour, Scope, Store};

const MODEL: &str = "toy";

/// A store with a message for each vector, in channels 0, 1 and 2 by turns.
fn store(vectors: &[Vec<f32>]) -> Store {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    for place in 0..3 {
        batch.upsert_channel(&channel(place), 1).unwrap();
    }
    for (index, vector) in vectors.iter().enumerate() {
        let id = index as Id + 1;
        let written = Message {
            channel_id: id % 3,
            ..message(id)
        };
        batch.upsert_message(&written, 1).unwrap();
        assert!(batch.put_embedding(id, MODEL, vector).unwrap());
    }
    batch.commit().unwrap();
    store
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(*a) * f64::from(*b))
        .sum()
}

fn ids(found: &[Neighbour]) -> Vec<Id> {
    found.iter().map(|neighbour| neighbour.message_id).collect()
}

proptest! {
    /// The search finds the same messages as a comparison with every float vector, up to the rounding to a byte per number.
    #[test]
    fn the_nearest_are_those_of_brute_force(
        vectors in vec(vec(-1.0_f32..1.0, 8), 1..40), query in vec(-1.0_f32..1.0, 8), count in 0_usize..6,
        excluded in 0_u64..40, only in 0_u64..4,
    ) {
        let store = store(&vectors);
        let scope = Scope {
            channels: (only < 3).then(|| BTreeSet::from([only])),
            exclude: BTreeSet::from([excluded]),
        };
        let found = store.nearest(MODEL, &query, count, &scope).unwrap();
        let step: f64 = query.iter().map(|value| f64::from(value.abs())).sum::<f64>() / 127.0 * 0.5 + 0.01;
        let exact: Vec<(Id, f64)> = vectors
            .iter()
            .enumerate()
            .map(|(index, vector)| (index as Id + 1, dot(vector, &query)))
            .filter(|(id, _)| *id != excluded && (only == 3 || *id % 3 == only))
            .collect();
        prop_assert_eq!(found.len(), count.min(exact.len()));
        prop_assert!(found.is_sorted_by(|a, b| a.similarity >= b.similarity));
        for neighbour in &found {
            let expected = exact.iter().find(|(id, _)| *id == neighbour.message_id);
            let (_, expected) = expected.expect("a message of the scope");
            prop_assert!((neighbour.similarity - expected).abs() <= step, "{:?} {}", neighbour, expected);
        }
        if let Some(last) = found.last() {
            for (id, similarity) in &exact {
                prop_assert!(ids(&found).contains(id) || *similarity <= last.similarity + step);
            }
        }
    }
}

#[test]
fn what_may_not_be_used_is_not_found() {
    let same = vec![vec![1.0, 0.0]; 6];
    let mut store = store(&same);
    let all = |store: &Store| {
        ids(&store
            .nearest(MODEL, &[1.0, 0.0], 9, &Scope::default())
            .unwrap())
    };
    assert_eq!(all(&store), [1, 2, 3, 4, 5, 6]);
    store.set_allowed(1, false).unwrap();
    assert_eq!(all(&store), [2, 3, 5, 6]);
    let batch = store.batch().unwrap();
    batch.mark_deleted(3).unwrap();
    let edited = Message {
        content: "another text".to_owned(),
        channel_id: 2,
        edited_ms: Some(9),
        ..message(5)
    };
    batch.upsert_message(&edited, 2).unwrap();
    batch.commit().unwrap();
    assert_eq!(all(&store), [2, 6]);
    let unembedded: Vec<Id> = store
        .unembedded(MODEL, 0, 9)
        .unwrap()
        .iter()
        .map(|one| one.id)
        .collect();
    assert_eq!(unembedded, [5]);
    store.set_opted_out(3, true).unwrap();
    assert_eq!(all(&store), [0; 0]);
    assert_eq!(store.count_embedded(MODEL).unwrap(), 0);
    store.set_opted_out(3, false).unwrap();
    assert_eq!(store.count_unembedded(MODEL).unwrap(), 3);
}

#[test]
fn only_text_of_people_is_embedded() {
    let mut store = Store::in_memory().unwrap();
    let batch = store.batch().unwrap();
    batch.upsert_channel(&channel(7), 1).unwrap();
    batch.upsert_author(&author(3), 1).unwrap();
    let bot = Author {
        is_bot: true,
        ..author(4)
    };
    batch.upsert_author(&bot, 1).unwrap();
    for (id, author_id, content) in [(1, 3, ""), (2, 4, "beep"), (3, 3, "yes"), (4, 3, "no")] {
        let written = Message {
            author_id,
            content: content.to_owned(),
            ..message(id)
        };
        batch.upsert_message(&written, 1).unwrap();
    }
    batch.commit().unwrap();
    assert_eq!(store.count_unembedded(MODEL).unwrap(), 2);
    let found = store.unembedded(MODEL, 3, 9).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id, found[0].content.as_str()), (4, "no"));
    assert_eq!(store.unembedded(MODEL, 0, 1).unwrap()[0].id, 3);
}

#[test]
fn vectors_of_another_length_are_refused() {
    let mut store = store(&[vec![1.0, 0.0]]);
    let error = store
        .nearest(MODEL, &[1.0], 1, &Scope::default())
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Dimensions {
                found: 1,
                expected: 2,
                ..
            }
        ),
        "{error:?}"
    );
    let batch = store.batch().unwrap();
    let error = batch.put_embedding(1, MODEL, &[0.0; 3]).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Dimensions {
                found: 3,
                expected: 2,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(batch.put_embedding(1, "other", &[0.0; 3]).unwrap());
    assert!(!batch.put_embedding(99, MODEL, &[0.0; 2]).unwrap());
    batch.commit().unwrap();
    assert!(
        store
            .nearest("unknown", &[1.0], 1, &Scope::default())
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.drop_other_embeddings("other").unwrap(), 1);
    assert_eq!(
        (
            store.count_embedded(MODEL).unwrap(),
            store.count_embedded("other").unwrap()
        ),
        (0, 1)
    );
}

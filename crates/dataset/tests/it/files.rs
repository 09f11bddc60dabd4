//! Written files, and their reproducibility.

use std::{collections::BTreeMap, fs};

use dataset::Config;
use persona_core::{Id, PairRule, PreferencePair, Role, Split, jsonl};
use proptest::prelude::*;
use serde_json::Value;

use crate::history::{Heard, History, busy, liked, message, reply};

#[test]
fn the_same_run_writes_the_same_bytes() {
    let history = busy(12);
    let bytes = || -> BTreeMap<String, Vec<u8>> {
        let report = history.run(&Config::default()).unwrap();
        report
            .outputs
            .into_iter()
            .map(|name| (name.clone(), fs::read(history.out().join(name)).unwrap()))
            .collect()
    };
    let first = bytes();
    assert_eq!(first.len(), 8);
    assert!(first.values().all(|bytes| !bytes.is_empty()));
    assert!(first == bytes());
    assert!(first["conversations.parquet"].starts_with(b"PAR1"));
    assert!(first["pairs.parquet"].ends_with(b"PAR1"));
}

#[test]
fn flattened_rows_stand_as_often_as_they_are_copied() {
    let history = busy(12);
    let report = history.run(&Config::default()).unwrap();
    let rows = |split: &str| -> Vec<Value> {
        jsonl::read(&history.out().join(format!("sft-{split}.jsonl"))).unwrap()
    };
    let train = rows("train");
    assert_eq!(train.len() as u64, report.epoch);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &train {
        *counts
            .entry(row["message_id"].as_str().unwrap())
            .or_default() += 1;
    }
    for row in &train {
        assert_eq!(
            row["copies"].as_u64().unwrap(),
            counts[row["message_id"].as_str().unwrap()]
        );
        let messages = row["messages"].as_array().unwrap();
        assert_eq!(messages[0]["role"], "system");
        assert_eq!(messages.last().unwrap()["role"], "assistant");
    }
    assert_eq!(rows("test").len() as u64, report.test_targets);
}

#[test]
fn pairs_carry_their_prompt_and_rule() {
    let mut history = History::new(4);
    history.add([
        message(10, 1, 0, "who wants pizza tonight"),
        liked(9, reply(11, 2, 1, "me me me always", 10)),
        message(12, 3, 2, "the new game is out by the way"),
        reply(13, 4, 3, "no", 10),
    ]);
    let config = Config {
        train_share: 1.0,
        validation_share: 0.0,
        ..Config::default()
    };
    history.run(&config).unwrap();
    let pairs: Vec<PreferencePair> = jsonl::read(&history.out().join("pairs.jsonl")).unwrap();
    let [pair] = &pairs[..] else {
        panic!("{pairs:?}");
    };
    assert_eq!((pair.chosen_id, pair.rejected_id), (11, Some(13)));
    assert_eq!(
        (pair.rule, pair.split, pair.reactions),
        (PairRule::SameContext, Split::Train, 5)
    );
    assert_eq!(pair.prompt[1].role, Role::User);
    assert_eq!(pair.prompt[1].content, "u1: who wants pizza tonight");
}

#[test]
fn a_limit_keeps_the_most_recent_messages() {
    let history = busy(4);
    let mut inputs = history.inputs();
    inputs.limit = Some(120);
    let report = dataset::run(&Config::default(), &inputs, &Heard::default()).unwrap();
    assert_eq!((report.messages, report.kept), (480, 120));
    let oldest = history
        .conversations()
        .iter()
        .flat_map(|one| one.turns.iter().flat_map(|turn| turn.message_ids.clone()))
        .min();
    assert_eq!(oldest, Some(1_360));
    inputs.limit = Some(10_000);
    assert_eq!(
        dataset::run(&Config::default(), &inputs, &Heard::default())
            .unwrap()
            .kept,
        480
    );
}

#[test]
fn opted_out_authors_and_forbidden_channels_leave_no_trace() {
    let mut history = busy(4);
    history.channel(6);
    history.add((0..50).map(|index| persona_core::Message {
        channel_id: 6,
        ..message(9_000 + index, 1 + index % 4, index as i64, "secret")
    }));
    history.add([reply(8_000, 1, 10_000, "answers somebody who left", 1_003)]);
    let left: Id = 2;
    assert!(history.store().set_opted_out(left, true).unwrap());
    assert!(history.store().set_allowed(6, false).unwrap());
    history.run(&Config::default()).unwrap();
    for name in ["conversations.jsonl", "pairs.jsonl", "sft-train.jsonl"] {
        let text = fs::read_to_string(history.out().join(name)).unwrap();
        assert!(
            !text.contains("secret") && !text.contains("\"u2\"") && !text.contains("u2: "),
            "{name}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// New messages at the end and new channels leave every conversation in its split.
    #[test]
    fn growing_history_moves_no_conversation(more in 1..30_u64, seed in any::<u64>()) {
        let mut history = busy(10);
        let splits = |history: &History| -> BTreeMap<Id, Split> {
            let inputs = dataset::Inputs { seed, ..history.inputs() };
            dataset::run(&Config::default(), &inputs, &Heard::default()).unwrap();
            history.conversations().into_iter().map(|one| (one.id, one.split)).collect()
        };
        let before = splits(&history);
        history.channel(7);
        history.add((0..more).map(|index| persona_core::Message {
            channel_id: if index % 3 == 0 { 7 } else { 5 },
            ..message(50_000 + index, 1 + index % 10, 9_000 + index as i64 * 13, "later")
        }));
        let after = splits(&history);
        for (id, split) in before {
            prop_assert_eq!(after.get(&id), Some(&split));
        }
    }
}

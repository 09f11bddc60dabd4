//! Toy pairs and the settings to train on them.

use std::path::Path;

use dpo::{Config, Error, Inputs, Report, pairs::EncodedPair};
use persona_core::{
    ChatMessage, ConversationForm, PairRule, PreferencePair, Progress, Split, jsonl,
};
use persona_model::Checkpoint;
use test_support::{fixtures, rows};

/// The rows of a padded batch as pairs: chosen answers first, then rejected ones.
pub(crate) fn pairs(tensors: &Checkpoint, prefix: &str) -> Vec<EncodedPair> {
    let rows = |name: &str| rows(tensors, &format!("{prefix}{name}"));
    let (ids, attended, completion) = (
        rows("input_ids"),
        rows("attention_mask"),
        rows("completion_mask"),
    );
    let side = |row: usize, answer: i64| -> Vec<u32> {
        (0..ids[row].len())
            .filter(|&at| attended[row][at] == 1 && completion[row][at] == answer)
            .map(|at| ids[row][at] as u32)
            .collect()
    };
    let count = ids.len() / 2;
    (0..count)
        .map(|row| {
            assert_eq!(
                side(row, 0),
                side(row + count, 0),
                "both rows have one prompt"
            );
            EncodedPair {
                prompt: side(row, 0),
                chosen: side(row, 1),
                rejected: side(row + count, 1),
            }
        })
        .collect()
}

/// Pairs in which people like warm answers.
pub(crate) fn toy_pairs(folder: &Path, count: u64) {
    let kind = [
        "sure, with joy",
        "of course, my friend",
        "happy to help you",
    ];
    let cold = ["no, go away", "leave me alone now", "not my problem at all"];
    let pair = |number: u64, split| PreferencePair {
        prompt: vec![
            ConversationForm::default().system_message(),
            ChatMessage::user(&format!("u1: can you do job {number} for me?")),
        ],
        chosen: vec![ChatMessage::reply(kind[number as usize % 3])],
        rejected: vec![ChatMessage::reply(cold[number as usize / 3 % 3])],
        split,
        rule: PairRule::SameContext,
        reactions: 1,
        chosen_id: number * 10 + 1,
        rejected_id: Some(number * 10 + 2),
    };
    let train = (0..count).map(|number| pair(number, Split::Train));
    let held_out = (100..106)
        .flat_map(|number| [Split::Validation, Split::Test].map(|split| pair(number, split)));
    jsonl::write(&folder.join("pairs.jsonl"), train.chain(held_out)).unwrap();
}

pub(crate) fn toy_config() -> Config {
    Config {
        rank: 4,
        alpha: 8.0,
        learning_rate: 2e-3,
        batch: 2,
        accumulation: 2,
        micro_tokens: 160,
        log_every: 2,
        eval_every: 4,
        save_every: 1,
        ..Config::default()
    }
}

pub(crate) fn toy_inputs(dataset: &Path, out: &Path, adapter: bool) -> Inputs {
    Inputs {
        base: fixtures().join("model"),
        sft_adapter: adapter.then(|| fixtures().join("lora/adapter")),
        dataset: dataset.to_owned(),
        out: out.to_owned(),
        form: ConversationForm::default(),
        seed: 5,
    }
}

pub(crate) fn train_toy(
    dataset: &Path,
    out: &Path,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    dpo::run(&toy_config(), &toy_inputs(dataset, out, true), progress)
}

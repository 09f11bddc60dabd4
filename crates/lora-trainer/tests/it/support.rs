//! A toy dataset and the settings to train on it.

use std::path::Path;

use lora_trainer::{
    Config, Error, Inputs,
    batch::{Example, batch_of},
    executor::{Accumulated, Executor},
    loss::mean_negative_log_likelihood,
};
use persona_core::{Conversation, ConversationForm, Progress, Silent, Split, Turn, jsonl};
use persona_model::{Batch, Checkpoint};
use test_support::{fixtures, rows};

/// The rows of a padded batch as examples.
pub(crate) fn examples(tensors: &Checkpoint, prefix: &str, labels: &str) -> Vec<Example> {
    let ids = rows(tensors, &format!("{prefix}input_ids"));
    let labels = rows(tensors, &format!("{prefix}{labels}"));
    let attended = rows(tensors, &format!("{prefix}attention_mask"));
    ids.iter()
        .zip(labels)
        .zip(attended)
        .map(|((ids, labels), attended)| {
            let length = attended.iter().filter(|&&seen| seen == 1).count();
            Example {
                ids: ids[..length].iter().map(|&id| id as u32).collect(),
                mask: labels[..length]
                    .iter()
                    .map(|&label| label != -100)
                    .collect(),
            }
        })
        .collect()
}

/// One micro-batch of all of `examples`.
pub(crate) fn batch(examples: &[Example]) -> Batch {
    batch_of(examples.iter().enumerate())
}

/// Accumulates the mean loss over all targets of `batches`; `dropout` is the seed of each.
pub(crate) fn accumulate(
    executor: &mut dyn Executor,
    batches: &[Batch],
    dropout: Option<u64>,
) -> Accumulated {
    let targets = batches.iter().map(|batch| batch.targets.len()).sum();
    let seeds: Vec<u64> = dropout.map_or_else(Vec::new, |seed| vec![seed; batches.len()]);
    let loss = |_: usize, log_probs: &[f32]| mean_negative_log_likelihood(log_probs, targets);
    executor
        .accumulate(batches, &seeds, &Silent, &loss)
        .unwrap()
}

/// A question and an answer that is always made in the same way.
fn conversation(number: u64, split: Split) -> Conversation {
    let words = ["red", "blue", "green", "grey", "pink", "gold"];
    let word = words[number as usize % words.len()];
    let turn = |position: u64, author: &str, text: String, is_target: bool| Turn {
        message_ids: vec![number * 10 + position],
        author: author.to_owned(),
        text,
        timestamp_ms: (number * 10 + position) as i64 * 1000,
        reply_to: None,
        is_target,
        quoted: false,
        copies: u32::from(is_target && split == Split::Train) * (1 + (number % 3) as u32),
        reactions: 0,
    };
    Conversation {
        id: number * 10,
        channel_id: 1,
        split,
        turns: vec![
            turn(0, "u1", format!("which colour is number {number}?"), false),
            turn(1, "u2", format!("it is {word}, my friend"), true),
        ],
    }
}

/// Writes a toy dataset with `count` training conversations.
pub(crate) fn toy_dataset(folder: &Path, count: u64) {
    let conversations = (1..=count).map(|number| conversation(number, Split::Train));
    let held_out = (1..=6).flat_map(|number| {
        [Split::Validation, Split::Test].map(|split| conversation(1000 + number, split))
    });
    jsonl::write(
        &folder.join("conversations.jsonl"),
        conversations.chain(held_out),
    )
    .unwrap();
}

pub(crate) fn toy_config() -> Config {
    Config {
        rank: 4,
        alpha: 8.0,
        epochs: 3,
        learning_rate: 5e-3,
        batch: 2,
        accumulation: 4,
        micro_tokens: 128,
        log_every: 2,
        eval_every: 5,
        save_every: 1,
        ..Config::default()
    }
}

pub(crate) fn toy_inputs(dataset: &Path, out: &Path) -> Inputs {
    Inputs {
        base: fixtures().join("model"),
        dataset: dataset.to_owned(),
        out: out.to_owned(),
        form: ConversationForm::default(),
        seed: 3,
        start_from: None,
    }
}

pub(crate) fn train_toy(
    dataset: &Path,
    out: &Path,
    progress: &dyn Progress,
) -> Result<lora_trainer::Report, Error> {
    lora_trainer::run(&toy_config(), &toy_inputs(dataset, out), progress)
}

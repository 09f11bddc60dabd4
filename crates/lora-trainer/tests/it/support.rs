//! What several tests need: fixtures, a toy dataset, progress that stops or dawdles.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use candle_core::{DType, Device};
use lora_trainer::{
    Config, Error, Inputs,
    batch::Example,
    engine::Engine,
    optimizer::{AdamW, AdamWConfig},
    workers::Workers,
};
use persona_core::{Conversation, Progress, Silent, Split, Task, Turn, Unit, jsonl};
use persona_model::{Adapter, Checkpoint, LoadOptions, Qwen2};
use serde_json::Value;

/// The folder of golden files.
pub(crate) fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    )
}

pub(crate) fn json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(fixtures().join(path)).unwrap()).unwrap()
}

pub(crate) fn tensors(path: &str) -> Checkpoint {
    Checkpoint::open_file(&fixtures().join(path)).unwrap()
}

pub(crate) fn rows(tensors: &Checkpoint, name: &str) -> Vec<Vec<i64>> {
    tensors
        .tensor(name, DType::I64, &Device::Cpu)
        .unwrap()
        .to_vec2()
        .unwrap()
}

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

/// The fixture model with the fixture adapter, ready to train.
pub(crate) fn engine(optimizer: AdamWConfig, workers: usize) -> Engine {
    let mut model = Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap();
    let adapter = Adapter::load(&fixtures().join("lora/adapter")).unwrap();
    model.load_adapter(&adapter, true).unwrap();
    let variables = model.variables().to_vec();
    let optimizer = |values: &[_]| -> Box<dyn lora_trainer::optimizer::Optimizer> {
        Box::new(AdamW::new(optimizer, values))
    };
    Engine::new(
        model,
        variables,
        |_, _| true,
        optimizer,
        Workers::new(workers),
    )
    .unwrap()
}

/// Somebody asks, somebody answers, always in the same way.
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

/// Writes a toy dataset with `count` conversations to learn from.
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

/// The files of a finished stage, by name.
pub(crate) fn results(out: &Path) -> Vec<(String, Vec<u8>)> {
    [
        "adapter/adapter_model.safetensors",
        "adapter/adapter_config.json",
        "metrics.jsonl",
    ]
    .map(|name| (name.to_owned(), fs::read(out.join(name)).unwrap()))
    .to_vec()
}

/// Asks to stop at the call `stop_at` of `interrupted`; waits at each call.
pub(crate) struct Stopping {
    calls: AtomicUsize,
    stop_at: usize,
    wait: Duration,
}

impl Stopping {
    pub(crate) fn at(stop_at: usize) -> Self {
        Self {
            calls: AtomicUsize::new(0),
            stop_at,
            wait: Duration::ZERO,
        }
    }

    pub(crate) fn never(wait: Duration) -> Self {
        Self {
            wait,
            ..Self::at(usize::MAX)
        }
    }
}

impl Progress for Stopping {
    fn task(&self, label: &str, total: Option<u64>, unit: Unit) -> Box<dyn Task> {
        Silent.task(label, total, unit)
    }

    fn warn(&self, message: &str) {
        panic!("unexpected warning: {message}");
    }

    fn info(&self, _: &str) {}

    fn interrupted(&self) -> bool {
        std::thread::sleep(self.wait);
        self.calls.fetch_add(1, Ordering::Relaxed) >= self.stop_at
    }
}

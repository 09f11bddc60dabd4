//! Fixtures, toy pairs, progress that stops.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use candle_core::{DType, Device};
use dpo::{Config, Error, Inputs, Report, pairs::Pair};
use lora_trainer::{
    engine::Engine,
    optimizer::{AdamW, AdamWConfig, Optimizer},
    workers::Workers,
};
use persona_core::{
    ChatMessage, PairRule, PreferencePair, Progress, Silent, Split, Task, Unit, jsonl,
    prompt::SYSTEM_PROMPT,
};
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

pub(crate) fn floats(tensors: &Checkpoint, name: &str) -> Vec<f32> {
    let tensor = tensors.tensor(name, DType::F32, &Device::Cpu).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The rows of a padded batch as pairs: chosen answers first, then rejected ones.
pub(crate) fn pairs(tensors: &Checkpoint, prefix: &str) -> Vec<Pair> {
    let rows = |name: &str| -> Vec<Vec<i64>> {
        let name = format!("{prefix}{name}");
        tensors
            .tensor(&name, DType::I64, &Device::Cpu)
            .unwrap()
            .to_vec2()
            .unwrap()
    };
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
            Pair {
                prompt: side(row, 0),
                chosen: side(row, 1),
                rejected: side(row + count, 1),
            }
        })
        .collect()
}

/// The fixture model with the fixture adapter, ready to train.
pub(crate) fn engine(optimizer: AdamWConfig) -> Engine {
    let mut model = Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap();
    let adapter = Adapter::load(&fixtures().join("lora/adapter")).unwrap();
    model.load_adapter(&adapter, true).unwrap();
    let variables = model.variables().to_vec();
    let optimizer =
        |values: &[_]| -> Box<dyn Optimizer> { Box::new(AdamW::new(optimizer, values)) };
    Engine::new(model, variables, |_, _| true, optimizer, Workers::new(2)).unwrap()
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
            ChatMessage::system(SYSTEM_PROMPT),
            ChatMessage::context("u1", &format!("can you do job {number} for me?")),
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

/// The files of a finished stage.
pub(crate) fn results(out: &Path) -> Vec<Vec<u8>> {
    [
        "adapter/adapter_model.safetensors",
        "adapter/adapter_config.json",
        "metrics.jsonl",
    ]
    .map(|name| fs::read(out.join(name)).unwrap())
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

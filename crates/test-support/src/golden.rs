//! Golden files and the fixture model.

use std::{
    fs,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device};
use lora_trainer::{
    executors::reference::ReferenceExecutor,
    optimizer::{AdamWConfig, Values},
    schedule::Cosine,
    workers::Workers,
};
use persona_model::{Adapter, Checkpoint, LoadOptions, Qwen2};
use serde_json::Value;

/// Folder of golden files: `PERSONA_FIXTURES`, or the repository's.
pub fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(own_fixtures, PathBuf::from)
}

/// Reads a golden JSON file.
pub fn json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(fixtures().join(path)).unwrap()).unwrap()
}

/// Folder of the repository's golden files, also where `PERSONA_FIXTURES` names another.
pub fn own_fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures")
}

/// Reads a golden JSON file that only the repository has.
pub fn own_json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(own_fixtures().join(path)).unwrap()).unwrap()
}

/// Opens a golden file of tensors.
pub fn tensors(path: &str) -> Checkpoint {
    Checkpoint::open_file(&fixtures().join(path)).unwrap()
}

/// Returns all elements of a tensor as f32.
pub fn floats(tensors: &Checkpoint, name: &str) -> Vec<f32> {
    let tensor = tensors.tensor(name, DType::F32, &Device::Cpu).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// Returns the rows of a tensor of integers.
pub fn rows(tensors: &Checkpoint, name: &str) -> Vec<Vec<i64>> {
    tensors
        .tensor(name, DType::I64, &Device::Cpu)
        .unwrap()
        .to_vec2()
        .unwrap()
}

/// Executor of the fixture model with the fixture adapter, ready to train.
pub fn executor(optimizer: AdamWConfig, workers: usize) -> ReferenceExecutor {
    executor_of(&fixtures(), optimizer, workers)
}

/// Executor of the model with the adapter from the golden files in `folder`, ready to train.
pub fn executor_of(folder: &Path, optimizer: AdamWConfig, workers: usize) -> ReferenceExecutor {
    let mut model = Qwen2::load(&folder.join("model"), &LoadOptions::cpu()).unwrap();
    let adapter = Adapter::load(&folder.join("lora/adapter")).unwrap();
    model.load_adapter(&adapter, true).unwrap();
    ReferenceExecutor::new(model, |_| true, optimizer, Workers::new(workers)).unwrap()
}

/// Executor of the model from the golden files in `folder` without an adapter, for log-probabilities under the base.
pub fn base_executor_of(folder: &Path, workers: usize) -> ReferenceExecutor {
    let model = Qwen2::load(&folder.join("model"), &LoadOptions::cpu()).unwrap();
    let optimizer = AdamWConfig::default();
    ReferenceExecutor::new(model, |_| true, optimizer, Workers::new(workers)).unwrap()
}

/// Reads a golden number.
pub fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("expected a number, found {value}"))
}

/// Asserts that `found` is at most `tolerance` from `expected`.
#[track_caller]
pub fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let off = (found - expected).abs();
    assert!(
        off <= tolerance,
        "{what}: found {found}, expected {expected}, off by {off:e} > {tolerance:e}"
    );
}

/// A run of a reference trainer, step by step.
pub struct Trace {
    /// Settings of the run and results of its steps, as JSON.
    pub record: Value,
    /// Distance between float32 and float64 in the reference run.
    pub noise: Value,
    /// Batches of the run's steps.
    pub batches: Checkpoint,
    adapter: Checkpoint,
}

impl Trace {
    /// Reads the run whose golden files are in `folder`.
    pub fn of(folder: &str) -> Self {
        Self {
            record: json(&format!("{folder}/trace.json")),
            noise: json(&format!("{folder}/noise.json")),
            batches: tensors(&format!("{folder}/trace_batches.safetensors")),
            adapter: tensors(&format!("{folder}/final_adapter/adapter_model.safetensors")),
        }
    }

    /// Results of the steps.
    pub fn steps(&self) -> &[Value] {
        self.record["steps"].as_array().unwrap()
    }

    /// Prefixes of the keys of step `index`'s micro-batches.
    pub fn micros(&self, index: usize) -> impl Iterator<Item = String> {
        let count = self.steps()[index]["micro_loss"].as_array().unwrap().len();
        (0..count).map(move |micro| format!("step{index:02}.micro{micro}."))
    }

    /// AdamW settings of the run.
    pub fn optimizer(&self) -> AdamWConfig {
        AdamWConfig {
            beta1: number(&self.record["betas"][0]),
            beta2: number(&self.record["betas"][1]),
            epsilon: number(&self.record["eps"]),
            weight_decay: number(&self.record["weight_decay"]),
        }
    }

    /// Learning-rate schedule of the run.
    pub fn schedule(&self) -> Cosine {
        let steps = self.steps().len();
        let ratio = number(&self.record["warmup_steps"]) / steps as f64;
        Cosine::new(number(&self.record["peak_lr"]), ratio, steps)
    }

    /// Distance of `parameters` from the final adapter of the run, and the distance that this adapter moved in
    /// training, both as root mean squares.
    pub fn off(&self, parameters: &[Values]) -> (f64, f64) {
        let (mut squares, mut count) = (0.0, 0);
        for values in parameters {
            for (found, expected) in values.data.iter().zip(floats(&self.adapter, &values.name)) {
                squares += f64::from(found - expected).powi(2);
                count += 1;
            }
        }
        let moved = number(&self.noise["trace: how far the adapter moved, rms"]);
        ((squares / f64::from(count)).sqrt(), moved)
    }
}

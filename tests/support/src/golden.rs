//! Golden files, and the fixture model.

use std::{
    fs,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device};
use lora_trainer::{
    engine::Engine,
    optimizer::{AdamW, AdamWConfig, Optimizer},
    workers::Workers,
};
use persona_model::{Adapter, Checkpoint, LoadOptions, Qwen2};
use serde_json::Value;

/// The folder of golden files.
pub fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    )
}

/// A golden JSON file.
pub fn json(path: &str) -> Value {
    serde_json::from_slice(&fs::read(fixtures().join(path)).unwrap()).unwrap()
}

/// A golden file of tensors.
pub fn tensors(path: &str) -> Checkpoint {
    Checkpoint::open_file(&fixtures().join(path)).unwrap()
}

/// All numbers of a tensor.
pub fn floats(tensors: &Checkpoint, name: &str) -> Vec<f32> {
    let tensor = tensors.tensor(name, DType::F32, &Device::Cpu).unwrap();
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

/// The rows of a tensor of integers.
pub fn rows(tensors: &Checkpoint, name: &str) -> Vec<Vec<i64>> {
    tensors
        .tensor(name, DType::I64, &Device::Cpu)
        .unwrap()
        .to_vec2()
        .unwrap()
}

/// The fixture model with the fixture adapter, ready to train.
pub fn engine(optimizer: AdamWConfig, workers: usize) -> Engine {
    let mut model = Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap();
    let adapter = Adapter::load(&fixtures().join("lora/adapter")).unwrap();
    model.load_adapter(&adapter, true).unwrap();
    let variables = model.variables().to_vec();
    let optimizer =
        |values: &[_]| -> Box<dyn Optimizer> { Box::new(AdamW::new(optimizer, values)) };
    let workers = Workers::new(workers);
    Engine::new(model, variables, |_, _| true, optimizer, workers).unwrap()
}

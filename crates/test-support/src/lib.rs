//! Support for the trainers' tests. Only tests depend on it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod child;
mod golden;
mod stopping;

pub use child::Child;
pub use golden::{
    Trace, base_executor_of, close, executor, executor_of, fixtures, floats, json, number,
    own_fixtures, own_json, rows, tensors,
};
pub use stopping::Stopping;

use std::{fs, path::Path};

/// Reads the files of a finished training stage, by name.
pub fn results(out: &Path) -> Vec<(&'static str, Vec<u8>)> {
    [
        "adapter/adapter_model.safetensors",
        "adapter/adapter_config.json",
        "metrics.jsonl",
    ]
    .map(|name| (name, fs::read(out.join(name)).unwrap()))
    .to_vec()
}

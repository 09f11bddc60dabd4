//! Section `[train]` of `persona.toml`: the configuration of SFT.

use persona_model::{ALL_TARGETS, LoraConfig};
use serde::{Deserialize, Serialize};

use crate::{
    checks::{at_least, at_least_one, wrong},
    error::Error,
    optimisation,
    optimizer::AdamWConfig,
};

/// Type of the frozen base weights in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// f32: the fastest on a CPU.
    #[default]
    F32,
    /// bf16: half the memory.
    Bf16,
}

/// Section `[train]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Rank of the adapter: a higher one learns more and costs more memory.
    pub rank: usize,
    /// Alpha of the adapter: its output is scaled by `alpha / rank`.
    pub alpha: f64,
    /// Share of the adapter's inputs that are dropped in training.
    pub dropout: f32,
    /// Linear layers that get an adapter, by the last part of their name.
    pub targets: Vec<String>,
    /// Type of the frozen base weights in memory: `f32`, or `bf16` for half the memory.
    pub precision: Precision,
    /// Number of passes over the training split.
    pub epochs: usize,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises from zero to its peak.
    pub warmup_ratio: f64,
    /// Examples per micro-batch of the reference recipe; see `accumulation`.
    pub batch: usize,
    /// Micro-batches per optimizer step of the reference recipe: a step takes `batch × accumulation` examples.
    pub accumulation: usize,
    /// Largest number of tokens in an example; older context is cut first.
    pub max_tokens: usize,
    /// Largest number of tokens in one forward pass. Examples are packed, so it changes memory and speed, not the
    /// arithmetic.
    pub micro_tokens: usize,
    /// Constants of the optimizer.
    pub optimizer: AdamWConfig,
    /// Largest gradient norm; longer gradients are scaled down to it.
    pub max_grad_norm: f64,
    /// Steps between two records in `metrics.jsonl`.
    pub log_every: usize,
    /// Steps between two evaluations on the validation split; the end of each epoch is evaluated, too.
    pub eval_every: usize,
    /// Steps between two checkpoints; one is written every few minutes, too.
    pub save_every: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rank: 64,
            alpha: 128.0,
            dropout: 0.05,
            targets: ALL_TARGETS.map(str::to_owned).to_vec(),
            precision: Precision::F32,
            epochs: 5,
            learning_rate: 1e-4,
            warmup_ratio: 0.03,
            batch: 2,
            accumulation: 16,
            max_tokens: 2048,
            micro_tokens: 1024,
            optimizer: AdamWConfig::default(),
            max_grad_norm: 1.0,
            log_every: 10,
            eval_every: 500,
            save_every: 500,
        }
    }
}

impl Config {
    /// Examples per optimizer step.
    pub fn examples_per_step(&self) -> usize {
        self.batch * self.accumulation
    }

    /// Refuses values that make no sense.
    pub fn check(&self) -> Result<(), Error> {
        at_least_one(&[
            ("rank", self.rank),
            ("epochs", self.epochs),
            ("batch", self.batch),
            ("accumulation", self.accumulation),
        ])?;
        at_least("max_tokens", self.max_tokens, 32, "at least 32")?;
        optimisation!(self).check()?;
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(wrong("dropout", &self.dropout, "from 0 to below 1"));
        }
        Ok(())
    }

    /// Rank, strength and targets of the adapter.
    pub fn lora(&self) -> LoraConfig {
        LoraConfig {
            rank: self.rank,
            alpha: self.alpha,
            dropout: self.dropout,
            targets: self.targets.clone(),
        }
    }
}

/// Writes a configuration as one line of JSON, for the identity of a run.
pub fn as_json<T: Serialize>(config: &T) -> String {
    serde_json::to_string(config).expect("a configuration has string keys and finite numbers")
}

//! Section `[dpo]` of `persona.toml`: the configuration of preference training.

use lora_trainer::{
    Error, Precision,
    checks::{at_least, at_least_one, positive},
    optimisation,
    optimizer::AdamWConfig,
};
use persona_model::{ALL_TARGETS, LoraConfig};
use serde::{Deserialize, Serialize};

use crate::loss::{LossKind, PreferenceLoss};

/// Section `[dpo]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Loss function: `sigmoid`, `conservative`, `robust`, `hinge` or `ipo`.
    pub loss: LossKind,
    /// Strength β with which the policy is held to the reference; smaller is looser.
    pub beta: f64,
    /// Share of pairs taken to be the wrong way round, for the losses `conservative` and `robust`; below 0.5.
    pub label_smoothing: f64,
    /// Type of the frozen base weights in memory: `f32`, or `bf16` for half the memory.
    pub precision: Precision,
    /// Rank of a fresh adapter, where there is none of SFT to train further.
    pub rank: usize,
    /// Alpha of a fresh adapter.
    pub alpha: f64,
    /// Linear layers that get a fresh adapter, by the last part of their name.
    pub targets: Vec<String>,
    /// Number of passes over the pairs.
    pub epochs: usize,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises from zero to its peak.
    pub warmup_ratio: f64,
    /// Pairs per micro-batch of the reference recipe; see `accumulation`.
    pub batch: usize,
    /// Micro-batches per optimizer step of the reference recipe: a step takes `batch × accumulation` pairs.
    pub accumulation: usize,
    /// Largest number of tokens in a prompt with an answer; older context is cut first.
    pub max_tokens: usize,
    /// Largest number of tokens in one forward pass. It changes memory and speed, not the arithmetic.
    pub micro_tokens: usize,
    /// Constants of the optimizer.
    pub optimizer: AdamWConfig,
    /// Largest gradient norm; longer gradients are scaled down to it.
    pub max_grad_norm: f64,
    /// Steps between two records in `metrics.jsonl`.
    pub log_every: usize,
    /// Steps between two evaluations on held-out pairs; the end of each epoch is evaluated, too.
    pub eval_every: usize,
    /// Steps between two checkpoints; one is written every few minutes, too.
    pub save_every: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            loss: LossKind::Sigmoid,
            beta: 0.1,
            label_smoothing: 0.0,
            precision: Precision::F32,
            rank: 64,
            alpha: 128.0,
            targets: ALL_TARGETS.map(str::to_owned).to_vec(),
            epochs: 2,
            learning_rate: 5e-5,
            warmup_ratio: 0.03,
            batch: 2,
            accumulation: 8,
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
    /// Pairs per optimizer step.
    pub fn pairs_per_step(&self) -> usize {
        self.batch * self.accumulation
    }

    /// Loss function with its constants.
    pub fn preference_loss(&self) -> PreferenceLoss {
        PreferenceLoss {
            kind: self.loss,
            beta: self.beta,
            label_smoothing: self.label_smoothing,
        }
    }

    /// Configuration of a fresh adapter.
    pub fn lora(&self) -> LoraConfig {
        LoraConfig {
            rank: self.rank,
            alpha: self.alpha,
            dropout: 0.0,
            targets: self.targets.clone(),
        }
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
        positive("beta", self.beta)?;
        if !(0.0..0.5).contains(&self.label_smoothing) {
            return Err(Error::Config {
                key: "label_smoothing",
                value: self.label_smoothing.to_string(),
                expected: "from 0 to below 0.5",
            });
        }
        Ok(())
    }
}

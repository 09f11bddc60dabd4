//! Configuration of pre-training.

use persona_model::Qwen2Config;
use serde::{Deserialize, Serialize};

use crate::{
    checks::{at_least, at_least_one},
    error::Error,
    optimisation,
    optimizer::AdamWConfig,
};

/// Settings of pre-training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PretrainConfig {
    /// Number of tokens in the vocabulary, the ChatML tokens among them.
    pub vocabulary: usize,
    /// Width of the residual stream; only a multiple of 256 can be K-quantized.
    pub hidden_size: usize,
    /// Width of the feed-forward layers; only a multiple of 256 can be K-quantized.
    pub intermediate_size: usize,
    /// Number of layers.
    pub layers: usize,
    /// Number of query heads.
    pub heads: usize,
    /// Number of key and value heads.
    pub key_value_heads: usize,
    /// Longest input in tokens that the model's configuration states.
    pub max_positions: usize,
    /// Number of optimizer steps.
    pub steps: usize,
    /// Ends the run after this step, with a cool-down. It may be set while a run goes on: it is not part of the
    /// checkpoint's identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_after: Option<usize>,
    /// Steps of the cool-down before `stop_after`, in which the rate falls to zero in a straight line.
    pub cooldown: usize,
    /// Number of tokens per optimizer step, on average.
    pub batch_tokens: usize,
    /// Largest number of tokens in a document.
    pub sequence: usize,
    /// Largest number of turns of a conversation in a document.
    pub max_turns: usize,
    /// Largest number of tokens in one forward pass.
    pub micro_tokens: usize,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Final learning rate, as a share of the peak.
    pub final_rate: f64,
    /// Share of the steps in which the learning rate rises from zero to its peak.
    pub warmup_ratio: f64,
    /// Constants of the optimizer. Norms and biases do not decay.
    pub optimizer: AdamWConfig,
    /// Largest gradient norm; longer gradients are scaled down to it.
    pub max_grad_norm: f64,
    /// Steps between two records in `metrics.jsonl`.
    pub log_every: usize,
    /// Steps between two evaluations on held-out text.
    pub eval_every: usize,
    /// Steps between two checkpoints.
    pub save_every: usize,
}

impl Default for PretrainConfig {
    fn default() -> Self {
        Self {
            vocabulary: 4096,
            hidden_size: 256,
            intermediate_size: 768,
            layers: 6,
            heads: 4,
            key_value_heads: 2,
            max_positions: 2048,
            steps: 1000,
            stop_after: None,
            cooldown: 40,
            batch_tokens: 16_384,
            sequence: 512,
            max_turns: 12,
            micro_tokens: 2048,
            learning_rate: 2e-3,
            final_rate: 0.1,
            warmup_ratio: 0.02,
            optimizer: AdamWConfig {
                beta2: 0.95,
                weight_decay: 0.1,
                ..AdamWConfig::default()
            },
            max_grad_norm: 1.0,
            log_every: 10,
            eval_every: 100,
            save_every: 100,
        }
    }
}

impl PretrainConfig {
    pub(super) fn network(&self) -> Qwen2Config {
        Qwen2Config {
            vocab_size: self.vocabulary,
            hidden_size: self.hidden_size,
            intermediate_size: self.intermediate_size,
            num_hidden_layers: self.layers,
            num_attention_heads: self.heads,
            num_key_value_heads: self.key_value_heads,
            rms_norm_eps: 1e-6,
            rope_theta: 1e6,
            max_position_embeddings: self.max_positions,
            tie_word_embeddings: true,
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        at_least_one(&[("steps", self.steps), ("batch_tokens", self.batch_tokens)])?;
        optimisation!(self).check()?;
        at_least("sequence", self.sequence, 32, "at least 32")
    }
}

//! Generation: a prompt through the network, then one sampled token at a time.

use std::ops::ControlFlow;

use candle_core::Tensor;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, Result},
    network::{cache::KvCache, model::Qwen2},
    ops::to_values,
    sampler::Sampler,
    segments::Segments,
};

/// Prompt tokens per pass, so that a long prompt needs little memory.
const PREFILL: usize = 512;

/// How tokens are chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Divides the logits; 0 always takes the most likely token.
    pub temperature: f32,
    /// Only the most likely tokens that together reach this probability are left.
    pub top_p: f32,
    /// Only so many of the most likely tokens are left; 0 leaves all.
    pub top_k: usize,
    /// Makes tokens of the reply so far less likely (Keskar et al. 2019); 1 does nothing.
    pub repetition_penalty: f32,
    /// Longest reply, in tokens.
    pub max_tokens: usize,
    /// Seed of the choices.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.9,
            top_k: 40,
            repetition_penalty: 1.1,
            max_tokens: 120,
            seed: 0,
        }
    }
}

impl Sampling {
    /// Always the most likely token.
    pub fn greedy(max_tokens: usize) -> Self {
        Self {
            temperature: 0.0,
            repetition_penalty: 1.0,
            max_tokens,
            ..Self::default()
        }
    }

    /// Refuses values that make no sense.
    pub fn check(&self) -> Result<()> {
        let wrong = |key: &str, found: f32, expected: &str| {
            Err(Error::Config {
                key: key.to_owned(),
                found: found.to_string(),
                expected: expected.to_owned(),
            })
        };
        if !(0.0..=100.0).contains(&self.temperature) {
            return wrong("temperature", self.temperature, "0 to 100");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return wrong("top_p", self.top_p, "above 0, at most 1");
        }
        if !(0.1..=10.0).contains(&self.repetition_penalty) {
            return wrong("repetition_penalty", self.repetition_penalty, "0.1 to 10");
        }
        Ok(())
    }
}

/// Continues `prompt`, which follows what the cache holds, until a stop token, `max_tokens`, or `on_token` breaks.
///
/// Returns the new tokens without the stop token. Afterwards the cache holds the prompt and all returned tokens but
/// possibly the last.
pub fn generate(
    model: &Qwen2,
    cache: &mut KvCache,
    prompt: &[u32],
    sampling: &Sampling,
    stop: &[u32],
    on_token: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<Vec<u32>> {
    sampling.check()?;
    let mut sampler = Sampler::new(sampling, ChaCha8Rng::seed_from_u64(sampling.seed));
    let mut reply = Vec::new();
    if sampling.max_tokens == 0 {
        return Ok(reply);
    }
    let mut hidden = prefill(model, cache, prompt)?; // (1, hidden)
    loop {
        let mut logits = to_values(&model.logits(&hidden)?)?;
        let token = sampler.next(&mut logits, &reply);
        if stop.contains(&token) {
            return Ok(reply);
        }
        reply.push(token);
        if on_token(token).is_break() || reply.len() == sampling.max_tokens {
            return Ok(reply);
        }
        hidden = model.forward(&[token], &Segments::next(cache.len(), 1), Some(cache), None)?;
    }
}

/// Runs `prompt` after what the cache holds; the hidden state of its last token, (1, hidden).
pub fn prefill(model: &Qwen2, cache: &mut KvCache, prompt: &[u32]) -> Result<Tensor> {
    let mut last = None;
    for chunk in prompt.chunks(PREFILL) {
        last = Some(model.forward(
            chunk,
            &Segments::next(cache.len(), chunk.len()),
            Some(cache),
            None,
        )?);
    }
    let hidden =
        last.ok_or_else(|| Error::Input("a prompt needs at least one token".to_owned()))?;
    Ok(hidden.narrow(0, hidden.dim(0)? - 1, 1)?)
}

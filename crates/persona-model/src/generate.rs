//! Generation: a prompt goes through the network, then one sampled token at a time.

use std::ops::ControlFlow;

use candle_core::Tensor;
use persona_core::Sampling;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{
    error::{Error, Result},
    network::{cache::KvCache, model::Qwen2},
    ops::to_values,
    sampler::Sampler,
    segments::Segments,
};

/// Prompt tokens per pass: bounds the memory of a long prompt.
const PREFILL: usize = 512;

/// Continues `prompt`, which follows the tokens of the cache, until a stop token, `max_tokens`, or `on_token` breaks. The same `seed`
/// chooses the same tokens.
///
/// Returns the new tokens without the stop token. Afterwards the cache holds the prompt and all returned tokens but
/// possibly the last.
pub fn generate(
    model: &Qwen2,
    cache: &mut KvCache,
    prompt: &[u32],
    sampling: &Sampling,
    seed: u64,
    stop: &[u32],
    on_token: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<Vec<u32>> {
    sampling.check()?;
    let mut sampler = Sampler::new(sampling, ChaCha8Rng::seed_from_u64(seed));
    let mut reply = Vec::new();
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

/// Runs `prompt` after the tokens of the cache and returns the hidden state of its last token, (1, hidden).
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

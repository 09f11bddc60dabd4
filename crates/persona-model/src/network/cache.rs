//! Keys and values of tokens that were already computed (KV cache).

use candle_core::{Result, Tensor};

use crate::{config::Qwen2Config, ops::with_values};

/// Keys and values of every layer, in CPU memory, growing by token.
#[derive(Clone, Debug)]
pub struct KvCache {
    layers: Vec<LayerCache>,
    tokens: usize,
    width: usize,
}

/// Keys and values of one layer: `(tokens, kv heads · head_dim)` each.
#[derive(Clone, Debug, Default)]
pub(crate) struct LayerCache {
    pub(crate) keys: Vec<f32>,
    pub(crate) values: Vec<f32>,
}

impl KvCache {
    /// Creates an empty cache for a model of this shape.
    pub fn new(config: &Qwen2Config) -> Self {
        Self {
            layers: vec![LayerCache::default(); config.num_hidden_layers],
            tokens: 0,
            width: config.key_value_size(),
        }
    }

    /// Number of tokens in the cache.
    pub fn len(&self) -> usize {
        self.tokens
    }

    /// Whether the cache holds no tokens.
    pub fn is_empty(&self) -> bool {
        self.tokens == 0
    }

    /// Size of the keys and values in bytes.
    pub fn size_in_bytes(&self) -> usize {
        2 * self.layers.len() * self.tokens * self.width * size_of::<f32>()
    }

    /// Keeps the first `tokens` tokens and drops the others.
    pub fn truncate(&mut self, tokens: usize) {
        if tokens < self.tokens {
            self.tokens = tokens;
            self.discard_unfinished();
        }
    }

    /// Drops what a failed pass left behind the last complete token.
    pub(crate) fn discard_unfinished(&mut self) {
        for layer in &mut self.layers {
            layer.keys.truncate(self.tokens * self.width);
            layer.values.truncate(self.tokens * self.width);
        }
    }

    /// Adds keys and values of new tokens to one layer and returns all of that layer.
    pub(crate) fn append(
        &mut self,
        layer: usize,
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<&LayerCache> {
        let layer = &mut self.layers[layer];
        with_values(keys, |keys| layer.keys.extend_from_slice(keys))?;
        with_values(values, |values| layer.values.extend_from_slice(values))?;
        Ok(layer)
    }

    /// Counts the new tokens; called after a pass over all layers.
    pub(crate) fn finish(&mut self, new_tokens: usize) {
        self.tokens += new_tokens;
    }
}

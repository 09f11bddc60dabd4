//! One decoder layer: attention and feed-forward, each after a norm and added to the residual stream.

use std::sync::Arc;

use candle_core::{Result, Tensor};

use super::{
    cache::KvCache,
    linear::{Linear, Pass},
};
use crate::{
    ops::{
        RopeTable,
        attention::{HeadShape, attention, cached_attention},
        rms_norm, rope, swiglu,
    },
    segments::Segments,
};

/// A decoder layer with its weights.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) index: usize,
    pub(crate) input_norm: Tensor,
    pub(crate) post_attention_norm: Tensor,
    /// Linear layers in the order of [`crate::tensors::LINEARS`]: q, k, v, o, gate, up, down.
    pub(crate) linears: [Linear; 7],
    pub(crate) heads: HeadShape,
    pub(crate) epsilon: f64,
}

impl Layer {
    /// Computes the layer: x (tokens, hidden) → (tokens, hidden).
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        rope_table: &RopeTable,
        segments: &Arc<Segments>,
        cache: Option<&mut KvCache>,
        pass: Pass,
    ) -> Result<Tensor> {
        let normed = rms_norm(x, &self.input_norm, self.epsilon)?;
        let x = (x + self.attend(&normed, rope_table, segments, cache, pass)?)?;
        let normed = rms_norm(&x, &self.post_attention_norm, self.epsilon)?;
        let [.., gate, up, down] = &self.linears;
        let inner = swiglu(&gate.forward(&normed, pass)?, &up.forward(&normed, pass)?)?; // (tokens, intermediate)
        &x + down.forward(&inner, pass)?
    }

    fn attend(
        &self,
        x: &Tensor,
        rope_table: &RopeTable,
        segments: &Arc<Segments>,
        cache: Option<&mut KvCache>,
        pass: Pass,
    ) -> Result<Tensor> {
        let [q, k, v, o, ..] = &self.linears;
        let queries = rope(&q.forward(x, pass)?, rope_table)?; // (tokens, heads · head_dim)
        let keys = rope(&k.forward(x, pass)?, rope_table)?; // (tokens, kv heads · head_dim)
        let values = v.forward(x, pass)?;
        let mixed = match cache {
            Some(cache) => {
                let all = cache.append(self.index, &keys, &values)?;
                cached_attention(&queries, &all.keys, &all.values, self.heads, segments)?
            }
            None => attention(&queries, &keys, &values, self.heads, segments)?,
        };
        o.forward(&mixed, pass)
    }
}

//! Grouped-query attention over segments.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp3, DType, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{
    attention_kernel::{Gradients, Head, View, backward, forward},
    values, with_values,
};
use crate::segments::{Segment, Segments};

/// Number of heads and the width of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadShape {
    pub(crate) heads: usize,
    pub(crate) key_value_heads: usize,
    pub(crate) head_dim: usize,
}

impl HeadShape {
    /// Query heads that share one key-value head.
    fn group(self) -> usize {
        self.heads / self.key_value_heads
    }

    fn query_width(self) -> usize {
        self.heads * self.head_dim
    }

    fn key_width(self) -> usize {
        self.key_value_heads * self.head_dim
    }
}

/// Attention without a cache: q `(tokens, heads · head_dim)`, k and v `(tokens, kv heads · head_dim)` → like q.
pub(crate) fn attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    shape: HeadShape,
    segments: &Arc<Segments>,
) -> Result<Tensor> {
    if q.device().is_cpu() {
        let op = Attention {
            shape,
            segments: segments.clone(),
        };
        q.contiguous()?
            .apply_op3(&k.contiguous()?, &v.contiguous()?, op)
    } else {
        composed(q, k, v, shape, segments)
    }
}

/// Attention of new queries over cached keys and values (which already hold those of this pass); no gradient.
pub(crate) fn cached_attention(
    q: &Tensor,
    k: &[f32],
    v: &[f32],
    shape: HeadShape,
    segments: &Segments,
) -> Result<Tensor> {
    let out = with_values(q, |q| all_heads(q, k, v, shape, segments))?;
    Tensor::from_vec(out, q.shape(), q.device())
}

/// Attention composed of candle's operations, with a mask: the twin for tests and for devices other than the CPU.
pub(super) fn composed(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    shape: HeadShape,
    segments: &Segments,
) -> Result<Tensor> {
    let tokens = q.dim(0)?;
    let mask = Tensor::from_vec(mask(segments, tokens), (tokens, tokens), q.device())?
        .to_dtype(q.dtype())?;
    let head = |x: &Tensor, index: usize| {
        x.narrow(1, index * shape.head_dim, shape.head_dim)?
            .contiguous()
    };
    let mut outs = Vec::new();
    for index in 0..shape.heads {
        let (k, v) = (
            head(k, index / shape.group())?,
            head(v, index / shape.group())?,
        );
        let scores = (head(q, index)?.matmul(&k.t()?)? * (1.0 / (shape.head_dim as f64).sqrt()))?;
        let scores = (scores + &mask)?; // (tokens, tokens)
        let max = scores.max_keepdim(1)?.detach();
        let exponentials = scores.broadcast_sub(&max)?.exp()?;
        outs.push(
            exponentials
                .broadcast_div(&exponentials.sum_keepdim(1)?)?
                .matmul(&v)?,
        );
    }
    Tensor::cat(&outs, 1)
}

/// Additive mask, (tokens, tokens): 0 where a query sees a key, −10⁹ where it does not.
fn mask(segments: &Segments, tokens: usize) -> Vec<f32> {
    let mut mask = vec![-1e9; tokens * tokens];
    for segment in segments.iter() {
        for query in segment.queries.clone() {
            let row = &mut mask[query * tokens..(query + 1) * tokens];
            for range in &segment.context {
                row[range.clone()].fill(0.0);
            }
            row[segment.queries.start..=query].fill(0.0);
        }
    }
    mask
}

fn view(segment: &Segment, past: usize) -> View<'_> {
    View {
        queries: segment.queries.clone(),
        context: &segment.context,
        own: past + segment.queries.start,
    }
}

fn all_heads(q: &[f32], k: &[f32], v: &[f32], shape: HeadShape, segments: &Segments) -> Vec<f32> {
    let (width, key_width, head_dim) = (shape.query_width(), shape.key_width(), shape.head_dim);
    let work: Vec<(&Segment, usize)> = segments
        .iter()
        .flat_map(|segment| (0..shape.heads).map(move |head| (segment, head)))
        .collect();
    let parts: Vec<Vec<f32>> = work
        .par_iter()
        .map(|(segment, head)| {
            let column = head / shape.group() * head_dim;
            let key = |data| Head {
                data,
                row_stride: key_width,
                column,
                width: head_dim,
            };
            let query = Head {
                data: q,
                row_stride: width,
                column: head * head_dim,
                width: head_dim,
            };
            forward(&view(segment, segments.past()), query, key(k), key(v))
        })
        .collect();
    let mut out = vec![0.0; q.len()];
    for ((segment, head), part) in work.into_iter().zip(parts) {
        for (row, part) in segment.queries.clone().zip(part.chunks(head_dim)) {
            let start = row * width + head * head_dim;
            out[start..start + head_dim].copy_from_slice(part);
        }
    }
    out
}

struct Attention {
    shape: HeadShape,
    segments: Arc<Segments>,
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "segment-attention"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (q, k, v) = (values(s1, l1)?, values(s2, l2)?, values(s3, l3)?);
        Ok((
            CpuStorage::F32(all_heads(q, k, v, self.shape, &self.segments)),
            l1.shape().clone(),
        ))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _out: &Tensor,
        d_out: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let tokens = q.dim(0)?;
        let groups: Vec<Gradients> = with_values(q, |q| {
            with_values(k, |k| {
                with_values(v, |v| {
                    with_values(d_out, |d_out| {
                        let heads = (0..self.shape.key_value_heads).into_par_iter();
                        heads
                            .map(|head| self.group_gradients([q, k, v, d_out], head, tokens))
                            .collect()
                    })
                })
            })
        })????;
        let parts = |pick: fn(&Gradients) -> &[f32]| groups.iter().map(pick).collect::<Vec<_>>();
        let (key_width, width) = (self.shape.key_width(), self.shape.query_width());
        let dq = Tensor::from_vec(
            side_by_side(&parts(|g| &g.dq), tokens),
            (tokens, width),
            q.device(),
        )?;
        let dk = Tensor::from_vec(
            side_by_side(&parts(|g| &g.dk), tokens),
            (tokens, key_width),
            q.device(),
        )?;
        let dv = Tensor::from_vec(
            side_by_side(&parts(|g| &g.dv), tokens),
            (tokens, key_width),
            q.device(),
        )?;
        debug_assert_eq!(dq.dtype(), DType::F32);
        Ok((Some(dq), Some(dk), Some(dv)))
    }
}

impl Attention {
    /// Gradients of one key-value head. Segments that share keys add to the same gradient, so they are computed one
    /// after the other.
    fn group_gradients(
        &self,
        [q, k, v, d_out]: [&[f32]; 4],
        key_head: usize,
        tokens: usize,
    ) -> Gradients {
        let HeadShape { head_dim, .. } = self.shape;
        let group = self.shape.group();
        let mut gradients = Gradients {
            dq: vec![0.0; tokens * group * head_dim],
            dk: vec![0.0; tokens * head_dim],
            dv: vec![0.0; tokens * head_dim],
        };
        let key = |data| Head {
            data,
            row_stride: self.shape.key_width(),
            column: key_head * head_dim,
            width: head_dim,
        };
        for segment in self.segments.iter() {
            for member in 0..group {
                let column = (key_head * group + member) * head_dim;
                let query = |data| Head {
                    data,
                    row_stride: self.shape.query_width(),
                    column,
                    width: head_dim,
                };
                let heads = [query(q), key(k), key(v), query(d_out)];
                backward(&view(segment, 0), heads, [member, group], &mut gradients);
            }
        }
        gradients
    }
}

/// Concatenates matrices of the same number of rows, side by side.
fn side_by_side(parts: &[&[f32]], rows: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for row in 0..rows {
        for part in parts {
            let width = part.len() / rows;
            out.extend_from_slice(&part[row * width..(row + 1) * width]);
        }
    }
    out
}

//! Rotary position embedding (Su et al. 2021), the variant that rotates the halves of a head (NEOX).

use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::Arc;

use super::{values, with_values};

/// Cosines and sines of the positions of one forward pass, shared by all layers.
#[derive(Clone, Debug)]
pub(crate) struct RopeTable {
    /// Cosines, `(tokens, head_dim / 2)`; the sines have the same shape.
    cos: Arc<Vec<f32>>,
    sin: Arc<Vec<f32>>,
    half: usize,
}

impl RopeTable {
    /// Computes the angles `position · theta^(-2i / head_dim)` in f32, as transformers does.
    pub(crate) fn new(positions: &[usize], head_dim: usize, theta: f64) -> Self {
        let half = head_dim / 2;
        let frequencies: Vec<f32> = (0..half)
            .map(|i| 1.0 / (theta as f32).powf((2 * i) as f32 / head_dim as f32))
            .collect();
        let angles = || {
            positions
                .iter()
                .flat_map(|position| frequencies.iter().map(|f| *position as f32 * f))
        };
        Self {
            cos: Arc::new(angles().map(f32::cos).collect()),
            sin: Arc::new(angles().map(f32::sin).collect()),
            half,
        }
    }
}

/// Rotates x `(tokens, heads · head_dim)`.
pub(crate) fn rope(x: &Tensor, table: &RopeTable) -> Result<Tensor> {
    if x.device().is_cpu() {
        x.contiguous()?.apply_op1(Rope {
            table: table.clone(),
            forward: true,
        })
    } else {
        composed(x, table)
    }
}

pub(super) fn composed(x: &Tensor, table: &RopeTable) -> Result<Tensor> {
    let (tokens, width) = x.dims2()?;
    let half = table.half;
    let x = x.reshape((tokens, width / (2 * half), 2 * half))?; // (tokens, heads, head_dim)
    let cos = Tensor::from_slice(&table.cos, (tokens, 1, half), x.device())?;
    let sin = Tensor::from_slice(&table.sin, (tokens, 1, half), x.device())?;
    let (first, second) = (
        x.narrow(D::Minus1, 0, half)?,
        x.narrow(D::Minus1, half, half)?,
    );
    let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    Tensor::cat(&[turned_first, turned_second], D::Minus1)?.reshape((tokens, width))
}

struct Rope {
    table: RopeTable,
    /// Whether to rotate forward; the backward pass rotates the other way round.
    forward: bool,
}

impl Rope {
    fn rotate(&self, x: &[f32], tokens: usize) -> Vec<f32> {
        let half = self.table.half;
        let sign = if self.forward { 1.0 } else { -1.0 };
        let width = x.len() / tokens.max(1);
        let mut y = vec![0.0; x.len()];
        let rows = y.par_chunks_mut(width).zip(x.par_chunks(width));
        let angles = self
            .table
            .cos
            .par_chunks(half)
            .zip(self.table.sin.par_chunks(half));
        rows.zip(angles)
            .with_min_len(64)
            .for_each(|((y, x), (cos, sin))| {
                for (y, x) in y.chunks_mut(2 * half).zip(x.chunks(2 * half)) {
                    let (first, second) = x.split_at(half);
                    let (to_first, to_second) = y.split_at_mut(half);
                    for i in 0..half {
                        let (c, s) = (cos[i], sign * sin[i]);
                        to_first[i] = first[i] * c - second[i] * s;
                        to_second[i] = second[i] * c + first[i] * s;
                    }
                }
            });
        y
    }
}

impl CustomOp1 for Rope {
    fn name(&self) -> &'static str {
        "rope"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let tokens = layout.dim(0)?;
        Ok((
            CpuStorage::F32(self.rotate(values(storage, layout)?, tokens)),
            layout.shape().clone(),
        ))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let back = Self {
            table: self.table.clone(),
            forward: !self.forward,
        };
        let dx = with_values(dy, |dy| back.rotate(dy, x.dims()[0]))?;
        Ok(Some(Tensor::from_vec(dx, x.shape(), x.device())?))
    }
}

//! SwiGLU (Shazeer 2020): `silu(gate) · up`.

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{exp::exp, values, with_values};

/// Elements per parallel task: large enough that the cost of handing out work does not matter.
const CHUNK: usize = 1 << 14;

/// `silu(gate) · up`, elementwise.
pub(crate) fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if gate.device().is_cpu() {
        gate.contiguous()?.apply_op2(&up.contiguous()?, SwiGlu)
    } else {
        composed(gate, up)
    }
}

pub(super) fn composed(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.silu()? * up
}

struct SwiGlu;

fn sigmoid(x: f32) -> f32 {
    (1.0 + exp(-x)).recip()
}

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (gate, up) = (values(s1, l1)?, values(s2, l2)?);
        let mut out = vec![0.0; gate.len()];
        let chunks = out
            .par_chunks_mut(CHUNK)
            .zip(gate.par_chunks(CHUNK))
            .zip(up.par_chunks(CHUNK));
        chunks.for_each(|((out, gate), up)| {
            for ((out, g), u) in out.iter_mut().zip(gate).zip(up) {
                *out = g * sigmoid(*g) * u;
            }
        });
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    /// With `σ = sigmoid(g)`: `dg = dy · u · σ (1 + g (1 − σ))`, `du = dy · g σ`.
    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (dg, du) = with_values(gate, |gate| {
            with_values(up, |up| with_values(dy, |dy| gradients(gate, up, dy)))
        })???;
        let (shape, device) = (gate.shape(), gate.device());
        Ok((
            Some(Tensor::from_vec(dg, shape, device)?),
            Some(Tensor::from_vec(du, shape, device)?),
        ))
    }
}

fn gradients(gate: &[f32], up: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (mut dg, mut du) = (vec![0.0; gate.len()], vec![0.0; gate.len()]);
    let out = dg.par_chunks_mut(CHUNK).zip(du.par_chunks_mut(CHUNK));
    let inputs = gate
        .par_chunks(CHUNK)
        .zip(up.par_chunks(CHUNK))
        .zip(dy.par_chunks(CHUNK));
    out.zip(inputs).for_each(|((dg, du), ((gate, up), dy))| {
        for i in 0..gate.len() {
            let s = sigmoid(gate[i]);
            dg[i] = dy[i] * up[i] * s * (1.0 + gate[i] * (1.0 - s));
            du[i] = dy[i] * gate[i] * s;
        }
    });
    (dg, du)
}

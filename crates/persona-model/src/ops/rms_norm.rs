//! RMS norm (Zhang & Sennrich 2019): `y = w · x / √(mean(x²) + ε)`.

use candle_core::{CpuStorage, CustomOp2, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::{values, with_values};

/// Normalises each row of x (tokens, hidden) and scales it by `weight` (hidden), which is trained if it is a variable.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return composed(x, weight, epsilon);
    }
    let op = RmsNorm {
        epsilon: epsilon as f32,
        weight_is_trained: weight.track_op(),
    };
    x.contiguous()?.apply_op2(&weight.contiguous()?, op)
}

pub(super) fn composed(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor> {
    let mean_square = x.sqr()?.mean_keepdim(D::Minus1)?; // (tokens, 1)
    x.broadcast_div(&(mean_square + epsilon)?.sqrt()?)?
        .broadcast_mul(weight)
}

struct RmsNorm {
    epsilon: f32,
    weight_is_trained: bool,
}

impl RmsNorm {
    /// `1 / √(mean(x²) + ε)` of one row.
    fn inverse_rms(&self, row: &[f32]) -> f32 {
        let sum: f32 = row.iter().map(|value| value * value).sum();
        (sum / row.len() as f32 + self.epsilon).sqrt().recip()
    }
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, weight) = (values(s1, l1)?, values(s2, l2)?);
        let mut y = vec![0.0; x.len()];
        y.par_chunks_mut(weight.len())
            .zip(x.par_chunks(weight.len()))
            .with_min_len(64)
            .for_each(|(y, x)| {
                let inverse = self.inverse_rms(x);
                for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
                    *y = x * inverse * w;
                }
            });
        Ok((CpuStorage::F32(y), l1.shape().clone()))
    }

    /// With `r = 1/rms`: `dx = r·w·dy − x · r³/n · Σ(dy·w·x)`, `dw = Σ dy·x·r`.
    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let size = weight.elem_count();
        let (dx, dw) = with_values(x, |x| {
            with_values(weight, |weight| {
                with_values(dy, |dy| {
                    let mut dx = vec![0.0; x.len()];
                    let rows = dx
                        .par_chunks_mut(size)
                        .zip(x.par_chunks(size))
                        .zip(dy.par_chunks(size));
                    rows.with_min_len(64)
                        .for_each(|((dx, x), dy)| self.input_gradient(dx, x, dy, weight));
                    (
                        dx,
                        self.weight_is_trained
                            .then(|| self.weight_gradient(x, dy, size)),
                    )
                })
            })
        })???;
        let dx = Tensor::from_vec(dx, x.shape(), x.device())?;
        let dw = dw
            .map(|dw| Tensor::from_vec(dw, size, x.device()))
            .transpose()?;
        Ok((Some(dx), dw))
    }
}

impl RmsNorm {
    fn input_gradient(&self, dx: &mut [f32], x: &[f32], dy: &[f32], weight: &[f32]) {
        let inverse = self.inverse_rms(x);
        let dot: f32 = dy
            .iter()
            .zip(weight)
            .zip(x)
            .map(|((dy, w), x)| dy * w * x)
            .sum();
        let shrink = dot * inverse * inverse * inverse / x.len() as f32;
        for (((dx, dy), w), x) in dx.iter_mut().zip(dy).zip(weight).zip(x) {
            *dx = inverse * w * dy - shrink * x;
        }
    }

    fn weight_gradient(&self, x: &[f32], dy: &[f32], size: usize) -> Vec<f32> {
        let mut dw = vec![0.0; size];
        for (x, dy) in x.chunks(size).zip(dy.chunks(size)) {
            let inverse = self.inverse_rms(x);
            for ((dw, x), dy) in dw.iter_mut().zip(x).zip(dy) {
                *dw += dy * x * inverse;
            }
        }
        dw
    }
}

//! `y = x Wᵀ + b + s · drop(x) Aᵀ Bᵀ`: a frozen matrix with a trained low-rank one beside it (LoRA, Hu et al. 2021).

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::{
    linear::{add_bias, frozen_linear, outer_sum, times, times_transposed},
    matrix::{Matrix, product},
    values, with_values,
};

/// LoRA factors of a linear layer.
#[derive(Clone, Debug)]
pub(crate) struct LoraFactors {
    /// Factor A, `(rank, in)`.
    pub(crate) a: Tensor,
    /// Factor B, `(out, rank)`.
    pub(crate) b: Tensor,
    /// Scale of the low-rank product: α / r, or α / √r for rank-stabilised LoRA.
    pub(crate) scale: f64,
}

/// Dropout on the input of the low-rank part. The mask is a function of seed and index: nothing is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Dropout {
    pub(crate) seed: u64,
    pub(crate) rate: f32,
}

impl Dropout {
    pub(super) fn apply(self, x: &[f32]) -> Vec<f32> {
        let keep = 1.0 / (1.0 - self.rate);
        x.iter()
            .enumerate()
            .map(|(index, value)| if self.drops(index) { 0.0 } else { value * keep })
            .collect()
    }

    /// `true` with probability `rate`: the finaliser of `SplitMix64` over seed and index.
    fn drops(self, index: usize) -> bool {
        let mut z = self.seed ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((z >> 40) as f32) < self.rate * (1 << 24) as f32
    }

    fn mask(self, shape: &Shape, like: &Tensor) -> Result<Tensor> {
        Tensor::from_vec(
            self.apply(&vec![1.0; shape.elem_count()]),
            shape,
            like.device(),
        )
    }
}

/// Computes the linear layer with its low-rank part: x (tokens, in) → (tokens, out).
pub(crate) fn lora_linear(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    factors: &LoraFactors,
    dropout: Option<Dropout>,
) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return composed(x, weight, bias, factors, dropout);
    }
    let op = LoraLinear {
        weight: weight.clone(),
        scale: factors.scale as f32,
        dropout,
    };
    add_bias(
        x.contiguous()?
            .apply_op3(&factors.a.contiguous()?, &factors.b.contiguous()?, op)?,
        bias,
    )
}

/// Linear layer with its low-rank part composed of candle's operations: the twin for tests and for devices other than
/// the CPU.
pub(super) fn composed(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    factors: &LoraFactors,
    dropout: Option<Dropout>,
) -> Result<Tensor> {
    let dropped = match dropout {
        Some(dropout) => (x * dropout.mask(x.shape(), x)?)?,
        None => x.clone(),
    };
    let low = dropped.matmul(&factors.a.t()?)?.matmul(&factors.b.t()?)?; // (tokens, out)
    frozen_linear(x, weight, bias)? + (low * factors.scale)?
}

struct LoraLinear {
    weight: Tensor,
    scale: f32,
    dropout: Option<Dropout>,
}

impl LoraLinear {
    /// Calls `read` with the input after dropout.
    fn with_dropped<R>(&self, x: &[f32], read: impl FnOnce(&[f32]) -> R) -> R {
        match self.dropout {
            Some(dropout) => read(&dropout.apply(x)),
            None => read(x),
        }
    }
}

impl CustomOp3 for LoraLinear {
    fn name(&self) -> &'static str {
        "lora-linear"
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
        let (tokens, inner) = l1.shape().dims2()?;
        let (rank, columns) = (l2.dim(0)?, l3.dim(0)?);
        let (x, a, b) = (values(s1, l1)?, values(s2, l2)?, values(s3, l3)?);
        let mut y = with_values(&self.weight, |weight| {
            times_transposed(x, weight, tokens, inner, columns)
        })?;
        let low = self.with_dropped(x, |x| times_transposed(x, a, tokens, inner, rank)); // (tokens, rank)
        let right = Matrix::new(b, columns, rank, rank).transposed();
        product(
            &mut y,
            columns,
            1.0,
            self.scale,
            Matrix::new(&low, tokens, rank, rank),
            right,
        );
        Ok((CpuStorage::F32(y), Shape::from((tokens, columns))))
    }

    /// `dX = dY W + s·drop'(dY B A)`, `dA = s (dY B)ᵀ drop(X)`, `dB = s dYᵀ (drop(X) Aᵀ)`.
    fn bwd(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (tokens, inner) = x.dims2()?;
        let (rank, columns) = (a.dim(0)?, b.dim(0)?);
        let device = x.device();
        let (dy, x, a, b) = (
            dy.contiguous()?,
            x.contiguous()?,
            a.contiguous()?,
            b.contiguous()?,
        );
        let mut dlow = with_values(&dy, |dy| {
            with_values(&b, |b| times(dy, b, tokens, columns, rank))
        })??;
        for value in &mut dlow {
            *value *= self.scale; // (tokens, rank)
        }
        let (da, db) = with_values(&x, |x| {
            self.with_dropped(x, |x| {
                let da = outer_sum(&dlow, x, tokens, rank, inner);
                let mut low = with_values(&a, |a| times_transposed(x, a, tokens, inner, rank))?;
                for value in &mut low {
                    *value *= self.scale;
                }
                let db = with_values(&dy, |dy| outer_sum(dy, &low, tokens, columns, rank))?;
                Ok::<_, candle_core::Error>((da, db))
            })
        })??;
        let mut dx = with_values(&dy, |dy| {
            with_values(&self.weight, |w| times(dy, w, tokens, columns, inner))
        })??;
        with_values(&a, |a| {
            self.add_low_gradient(&mut dx, &dlow, a, [tokens, rank, inner]);
        })?;
        Ok((
            Some(Tensor::from_vec(dx, (tokens, inner), device)?),
            Some(Tensor::from_vec(da, (rank, inner), device)?),
            Some(Tensor::from_vec(db, (columns, rank), device)?),
        ))
    }
}

impl LoraLinear {
    /// Adds the gradient that reaches the input through the low-rank part.
    fn add_low_gradient(
        &self,
        dx: &mut [f32],
        dlow: &[f32],
        a: &[f32],
        [tokens, rank, inner]: [usize; 3],
    ) {
        let (left, right) = (
            Matrix::new(dlow, tokens, rank, rank),
            Matrix::new(a, rank, inner, inner),
        );
        let Some(dropout) = self.dropout else {
            product(dx, inner, 1.0, 1.0, left, right);
            return;
        };
        let through = times(dlow, a, tokens, rank, inner);
        for (into, value) in dx.iter_mut().zip(dropout.apply(&through)) {
            *into += value;
        }
    }
}

//! `y = x Wᵀ + b` with a frozen or a trained matrix.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result, Shape, Tensor};

use super::{
    matrix::{Matrix, product},
    values, with_values,
};

/// `x Wᵀ + b` for a frozen `weight` (out, in) of any float type: no gradient of the weight is ever computed.
pub(crate) fn frozen_linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let y = if x.device().is_cpu() {
        x.contiguous()?.apply_op1(FrozenLinear {
            weight: weight.clone(),
        })?
    } else {
        x.matmul(&weight.to_dtype(x.dtype())?.t()?)?
    };
    add_bias(y, bias)
}

/// `x Wᵀ + b` where the weight is trained too.
pub(crate) fn trained_linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let y = if x.device().is_cpu() {
        x.contiguous()?.apply_op2(weight, TrainedLinear)?
    } else {
        x.matmul(&weight.t()?)?
    };
    add_bias(y, bias)
}

pub(super) fn add_bias(y: Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    match bias {
        Some(bias) => y.broadcast_add(&bias.to_dtype(y.dtype())?),
        None => Ok(y),
    }
}

/// `x Wᵀ` on slices: x (rows, in), weight (out, in) → (rows, out).
pub(super) fn times_transposed(
    x: &[f32],
    weight: &[f32],
    rows: usize,
    inner: usize,
    columns: usize,
) -> Vec<f32> {
    let mut y = vec![0.0; rows * columns];
    let right = Matrix::new(weight, columns, inner, inner).transposed();
    product(
        &mut y,
        columns,
        0.0,
        1.0,
        Matrix::new(x, rows, inner, inner),
        right,
    );
    y
}

/// `dy W` on slices: dy (rows, out), weight (out, in) → (rows, in).
pub(super) fn times(
    dy: &[f32],
    weight: &[f32],
    rows: usize,
    columns: usize,
    inner: usize,
) -> Vec<f32> {
    let mut dx = vec![0.0; rows * inner];
    let left = Matrix::new(dy, rows, columns, columns);
    product(
        &mut dx,
        inner,
        0.0,
        1.0,
        left,
        Matrix::new(weight, columns, inner, inner),
    );
    dx
}

struct FrozenLinear {
    weight: Tensor,
}

impl CustomOp1 for FrozenLinear {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (rows, inner) = layout.shape().dims2()?;
        let columns = self.weight.dim(0)?;
        let x = values(storage, layout)?;
        let y = with_values(&self.weight, |weight| {
            times_transposed(x, weight, rows, inner, columns)
        })?;
        Ok((CpuStorage::F32(y), Shape::from((rows, columns))))
    }

    fn bwd(&self, x: &Tensor, _y: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        let (rows, inner) = x.dims2()?;
        let columns = dy.dim(1)?;
        let dx = with_values(dy, |dy| {
            with_values(&self.weight, |weight| {
                times(dy, weight, rows, columns, inner)
            })
        })??;
        Ok(Some(Tensor::from_vec(dx, (rows, inner), x.device())?))
    }
}

struct TrainedLinear;

impl CustomOp2 for TrainedLinear {
    fn name(&self) -> &'static str {
        "trained-linear"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, inner) = l1.shape().dims2()?;
        let columns = l2.dim(0)?;
        let y = times_transposed(values(s1, l1)?, values(s2, l2)?, rows, inner, columns);
        Ok((CpuStorage::F32(y), Shape::from((rows, columns))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        _y: &Tensor,
        dy: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (rows, inner) = x.dims2()?;
        let columns = dy.dim(1)?;
        let (dx, dw) = with_values(dy, |dy| {
            let dx = with_values(weight, |weight| times(dy, weight, rows, columns, inner))?;
            let dw = with_values(x, |x| outer_sum(dy, x, rows, columns, inner))?;
            Ok::<_, candle_core::Error>((dx, dw))
        })??;
        let dx = Tensor::from_vec(dx, (rows, inner), x.device())?;
        let dw = Tensor::from_vec(dw, (columns, inner), x.device())?;
        Ok((Some(dx), Some(dw)))
    }
}

/// `leftᵀ right`: left (rows, m), right (rows, n) → (m, n).
pub(super) fn outer_sum(left: &[f32], right: &[f32], rows: usize, m: usize, n: usize) -> Vec<f32> {
    let mut out = vec![0.0; m * n];
    let left = Matrix::new(left, rows, m, m).transposed();
    product(&mut out, n, 0.0, 1.0, left, Matrix::new(right, rows, n, n));
    out
}

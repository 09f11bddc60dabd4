//! Differentiable operations of the network, each with a backward of its own.
//!
//! On the CPU they run fused on slices; on other devices they are composed of candle's differentiable operations, which
//! are also the twins that the fused forms are tested against. candle's own fused softmax, RMS norm and rotary
//! embedding are not used: they have no backward and cut the gradient without a word.

pub(crate) mod attention;
mod attention_kernel;
pub(crate) mod cross_entropy;
mod exp;
pub(crate) mod linear;
mod lora;
pub(crate) mod matrix;
mod rms_norm;
mod rope;
mod swiglu;

#[cfg(test)]
mod tests;

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor};

pub(crate) use lora::{Dropout, LoraFactors, lora_linear};
pub(crate) use rms_norm::rms_norm;
pub(crate) use rope::{RopeTable, rope};
pub(crate) use swiglu::swiglu;

/// Values of a contiguous f32 tensor in CPU memory, as custom operations receive it.
fn values<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let all = storage.as_slice::<f32>()?;
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&all[start..end]),
        None => candle_core::bail!(
            "expected a contiguous tensor, found strides {:?}",
            layout.stride()
        ),
    }
}

/// Calls `read` with the values of a CPU tensor; f16 and bf16 are widened, other layouts copied first.
pub(crate) fn with_values<R>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else {
        candle_core::bail!("expected a tensor in CPU memory")
    };
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!(
            "expected a contiguous tensor, found strides {:?}",
            layout.stride()
        )
    };
    Ok(match storage {
        CpuStorage::F32(all) => read(&all[start..end]),
        CpuStorage::BF16(all) => read(
            &all[start..end]
                .iter()
                .map(|value| value.to_f32())
                .collect::<Vec<_>>(),
        ),
        CpuStorage::F16(all) => read(
            &all[start..end]
                .iter()
                .map(|value| value.to_f32())
                .collect::<Vec<_>>(),
        ),
        _ => candle_core::bail!("expected floating-point values, found {:?}", tensor.dtype()),
    })
}

/// Copies the values of a tensor into a vector.
pub(crate) fn to_values(tensor: &Tensor) -> Result<Vec<f32>> {
    with_values(tensor, <[f32]>::to_vec)
}

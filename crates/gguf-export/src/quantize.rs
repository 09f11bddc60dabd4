//! Conversion of floats to ggml's types.
//!
//! Rows are independent of each other, so the number of threads never changes a byte. The block arithmetic is behind
//! one function, [`quantize_rows`], which calls candle's quantizers.

use candle_core::{
    Device, Tensor,
    quantized::{GgmlDType, QTensor},
};
use half::{bf16, f16};
use persona_gguf::TensorType;
use rayon::prelude::*;

use crate::{
    error::{Error, Result},
    merge::{FloatType, read_floats},
};

/// Weights that one thread quantizes at once (at least a row).
const CHUNK: usize = 1 << 14;
/// Chunks that are in memory at once: bounds the memory of an export.
const CHUNKS_AT_ONCE: usize = 64;

/// A matrix, or one row, as a checkpoint stores it.
pub(crate) struct Stored<'a> {
    /// Name of the tensor, for errors.
    pub(crate) name: &'a str,
    pub(crate) bytes: &'a [u8],
    pub(crate) kind: FloatType,
    pub(crate) columns: usize,
}

/// Converts `tensor` to `wanted` and passes the bytes to `sink`, in order, in pieces.
pub(crate) fn convert(
    tensor: &Stored<'_>,
    wanted: TensorType,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let rows_at_once = CHUNK.div_ceil(tensor.columns);
    let chunk_bytes = rows_at_once * tensor.columns * tensor.kind.size();
    for (batch_index, batch) in tensor
        .bytes
        .chunks(chunk_bytes * CHUNKS_AT_ONCE)
        .enumerate()
    {
        let converted: Vec<Result<Vec<u8>>> = batch
            .par_chunks(chunk_bytes)
            .enumerate()
            .map(|(index, chunk)| {
                let values = read_floats(chunk, tensor.kind); // (rows at once, columns)
                let first_row = (batch_index * CHUNKS_AT_ONCE + index) * rows_at_once;
                check(&values, wanted, tensor, first_row)?;
                quantize_rows(&values, wanted).map_err(|source| Error::Quantize {
                    name: tensor.name.to_owned(),
                    source,
                })
            })
            .collect();
        for bytes in converted {
            sink(&bytes?)?;
        }
    }
    Ok(())
}

/// Quantizes whole rows of floats to blocks of type `wanted`.
fn quantize_rows(values: &[f32], wanted: TensorType) -> candle_core::Result<Vec<u8>> {
    let dtype = match wanted {
        TensorType::F32 => {
            return Ok(values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect());
        }
        TensorType::F16 => {
            return Ok(values
                .iter()
                .flat_map(|&value| f16::from_f32(value).to_le_bytes())
                .collect());
        }
        TensorType::BF16 => {
            return Ok(values
                .iter()
                .flat_map(|&value| bf16::from_f32(value).to_le_bytes())
                .collect());
        }
        TensorType::Q5_0 => GgmlDType::Q5_0,
        TensorType::Q8_0 => GgmlDType::Q8_0,
        TensorType::Q4_K => GgmlDType::Q4K,
        TensorType::Q6_K => GgmlDType::Q6K,
        other => candle_core::bail!("no quantizer for {other}"),
    };
    let flat = Tensor::from_slice(values, values.len(), &Device::Cpu)?;
    Ok(QTensor::quantize(&flat, dtype)?.data()?.into_owned())
}

/// Refuses a weight that is not a number, or infinite once stored: it would spoil every token of the model.
fn check(values: &[f32], wanted: TensorType, tensor: &Stored<'_>, first_row: usize) -> Result<()> {
    // Scales of quantized blocks are 16-bit floats.
    let limit = match wanted {
        TensorType::F32 | TensorType::BF16 => f32::MAX,
        _ => f32::from(f16::MAX),
    };
    let Some(place) = values
        .iter()
        .position(|value| !value.is_finite() || value.abs() > limit)
    else {
        return Ok(());
    };
    Err(Error::Value {
        name: tensor.name.to_owned(),
        row: first_row + place / tensor.columns,
        column: place % tensor.columns,
        value: values[place],
        stored_as: wanted.name(),
    })
}

#[cfg(test)]
mod tests;

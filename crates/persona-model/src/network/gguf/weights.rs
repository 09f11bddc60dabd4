//! Tensors of a GGUF file: checked against the network's shape, and converted into tensors to compute with.

use std::{borrow::Cow, sync::Arc};

use candle_core::{
    DType, Device, Tensor,
    quantized::{GgmlDType, QMatMul, QStorage, QTensor},
};
use persona_gguf::{Error, GgufFile, TensorInfo, TensorType, find_not_finite};

use crate::{config::Qwen2Config, error::Result, network::linear::Weight, tensors};

/// Types that are supported, for messages.
const RUN: &str = "F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K or Q6_K";

const HINT_TYPE: &str =
    "make a file of a type that is run, such as q4_k_m or q8_0, from the original weights";
const HINT_TENSORS: &str =
    "the file does not hold the Qwen2 model that its keys describe: download or export it again";
const HINT_DAMAGED: &str = "the file is damaged, or was made of damaged weights; it would only write nonsense: download or export it again";

/// Refuses a file whose tensors are not those of a network of this shape, before any of them is read.
pub(super) fn check(file: &GgufFile, config: &Qwen2Config) -> Result<(), Error> {
    let tensors = &file.header().tensors;
    let refuse = |name: &str, message: String, hint| {
        let place = format!("tensor `{}`", name.escape_debug());
        Err(Error::content(file.path(), place, message, hint))
    };
    if config.num_hidden_layers > tensors.len() {
        let message = format!(
            "found {}, but the file has only {} tensors",
            config.num_hidden_layers,
            tensors.len()
        );
        let place = "key `qwen2.block_count`".to_owned();
        return Err(Error::content(file.path(), place, message, HINT_TENSORS));
    }
    let expected = tensors::all(config);
    for spec in &expected {
        let info = file.info(&spec.gguf).ok_or_else(|| Error::MissingTensor {
            path: file.path().to_owned(),
            name: spec.gguf.clone(),
        })?;
        let found = shape(info);
        if found != spec.shape {
            let message = format!("has shape {found:?}, expected {:?}", spec.shape);
            return refuse(&spec.gguf, message, HINT_TENSORS);
        }
        if runnable(info.kind).is_none() {
            let message = format!("has type {}, expected {RUN}", info.kind);
            return refuse(&spec.gguf, message, HINT_TYPE);
        }
    }
    if tensors.len() == expected.len() {
        return Ok(());
    }
    let known: std::collections::BTreeSet<&str> =
        expected.iter().map(|spec| spec.gguf.as_str()).collect();
    let unknown = tensors
        .iter()
        .find(|info| !known.contains(info.name.as_str()));
    match unknown {
        Some(info) => refuse(
            &info.name,
            "is there, but a Qwen2 model of this shape has none of that name".to_owned(),
            HINT_TENSORS,
        ),
        None => Ok(()),
    }
}

/// Shape of the tensor, outermost dimension first.
fn shape(info: &TensorInfo) -> Vec<usize> {
    info.dimensions
        .iter()
        .rev()
        .map(|&size| size as usize)
        .collect()
}

/// A matrix or vector of the file.
pub(super) enum Matrix {
    /// Float weights, as f32.
    Dense(Tensor),
    /// Blocks of quantized weights.
    Blocks(QTensor),
}

impl Matrix {
    /// Returns all weights as f32.
    pub(super) fn dequantized(self) -> Result<Tensor> {
        Ok(match self {
            Self::Dense(tensor) => tensor,
            Self::Blocks(blocks) => blocks.dequantize(&Device::Cpu)?,
        })
    }

    /// Converts floats to a dense f32 matrix and keeps everything else in blocks.
    pub(super) fn into_weight(self) -> Result<Weight> {
        Ok(match self {
            Self::Dense(tensor) => Weight::Frozen(tensor),
            Self::Blocks(blocks) => Weight::Quantized(QMatMul::from_arc(Arc::new(blocks))?),
        })
    }
}

/// Reads the tensor `name`, which has passed [`check`].
pub(super) fn read(file: &mut GgufFile, name: &str) -> Result<Matrix> {
    let bytes = file.read(name)?;
    let info = file.info(name).ok_or_else(|| Error::MissingTensor {
        path: file.path().to_owned(),
        name: name.to_owned(),
    })?;
    if let Some(found) = find_not_finite(info.kind, &bytes) {
        let message = format!(
            "found {} at weight {}, expected finite numbers",
            found.value, found.element
        );
        let place = format!("tensor `{name}`");
        return Err(Error::content(file.path(), place, message, HINT_DAMAGED).into());
    }
    let shape = shape(info);
    let (kind, bytes) = match info.kind {
        TensorType::Q5_0 => (TensorType::Q8_0, q5_0_as_q8_0(&bytes)),
        kind => (kind, bytes),
    };
    Ok(match runnable(kind) {
        Some(CandleType::Float(dtype)) => {
            let tensor = Tensor::from_raw_buffer(&bytes, dtype, &shape, &Device::Cpu)?;
            Matrix::Dense(tensor.to_dtype(DType::F32)?)
        }
        Some(CandleType::Blocks(dtype)) => {
            let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, dtype)?;
            Matrix::Blocks(QTensor::new(storage, shape)?)
        }
        None => {
            let message = format!("has type {kind}, expected {RUN}");
            let place = format!("tensor `{name}`");
            return Err(Error::content(file.path(), place, message, HINT_TYPE).into());
        }
    })
}

/// Candle's type for the weights of a tensor: dense floats or quantized blocks.
enum CandleType {
    Float(DType),
    Blocks(GgmlDType),
}

fn runnable(kind: TensorType) -> Option<CandleType> {
    Some(match kind {
        TensorType::F32 => CandleType::Float(DType::F32),
        TensorType::F16 => CandleType::Float(DType::F16),
        TensorType::BF16 => CandleType::Float(DType::BF16),
        TensorType::Q4_0 => CandleType::Blocks(GgmlDType::Q4_0),
        TensorType::Q4_1 => CandleType::Blocks(GgmlDType::Q4_1),
        TensorType::Q5_0 => CandleType::Blocks(GgmlDType::Q5_0),
        TensorType::Q5_1 => CandleType::Blocks(GgmlDType::Q5_1),
        TensorType::Q8_0 => CandleType::Blocks(GgmlDType::Q8_0),
        TensorType::Q2_K => CandleType::Blocks(GgmlDType::Q2K),
        TensorType::Q3_K => CandleType::Blocks(GgmlDType::Q3K),
        TensorType::Q4_K => CandleType::Blocks(GgmlDType::Q4K),
        TensorType::Q5_K => CandleType::Blocks(GgmlDType::Q5K),
        TensorType::Q6_K => CandleType::Blocks(GgmlDType::Q6K),
        _ => return None,
    })
}

/// Converts blocks of `Q5_0` (scale d, 32 weights d · (q − 16) with q of 5 bits) to blocks of `Q8_0` (scale d, 32
/// weights d · q with q of 8 bits): the same values, in a form that processors multiply ten times faster.
fn q5_0_as_q8_0(bytes: &[u8]) -> Vec<u8> {
    const HALF: usize = 16;
    let blocks = bytes.chunks_exact(TensorType::Q5_0.block_bytes() as usize);
    let mut wide = Vec::with_capacity(blocks.len() * TensorType::Q8_0.block_bytes() as usize);
    for block in blocks {
        // A block is d (2 bytes), the fifth bits (4), the lower four bits of weights i and i + 16 (16).
        let (scale, rest) = block.split_at(2);
        let (high, low) = rest.split_at(4);
        let high = u32::from_le_bytes([high[0], high[1], high[2], high[3]]);
        let weight = |bits: u8, index: usize| {
            let fifth = (high >> index & 1) as u8;
            (bits | fifth << 4).wrapping_sub(16)
        };
        wide.extend_from_slice(scale);
        wide.extend((0..HALF).map(|index| weight(low[index] & 15, index)));
        wide.extend((0..HALF).map(|index| weight(low[index] >> 4, index + HALF)));
    }
    wide
}

#[cfg(test)]
mod tests {
    use half::f16;
    use proptest::prelude::*;

    use super::*;

    fn values(dtype: GgmlDType, bytes: Vec<u8>, weights: usize) -> Vec<u32> {
        let storage = QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, dtype).unwrap();
        let tensor = QTensor::new(storage, weights).unwrap();
        let values = tensor.dequantize(&Device::Cpu).unwrap();
        let values = values.to_vec1::<f32>().unwrap();
        values.into_iter().map(f32::to_bits).collect()
    }

    proptest! {
        #[test]
        fn five_bits_in_eight_are_the_same_values_to_the_bit(
            blocks in prop::collection::vec((-60_000.0_f32..60_000.0, any::<[u8; 20]>()), 1..20),
        ) {
            let bytes: Vec<u8> = blocks
                .iter()
                .flat_map(|(scale, rest)| f16::from_f32(*scale).to_le_bytes().into_iter().chain(*rest))
                .collect();
            let weights = 32 * blocks.len();
            let wide = values(GgmlDType::Q8_0, q5_0_as_q8_0(&bytes), weights);
            prop_assert_eq!(wide, values(GgmlDType::Q5_0, bytes, weights));
        }
    }
}

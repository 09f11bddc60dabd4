//! Search for weights that are infinite or not a number: one of them spoils every token that the model writes.

use half::{bf16, f16};

use crate::TensorType;

/// The first weight, or scale of a block, that is infinite or not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NotFinite {
    /// Index of the weight, or of the first weight of the block.
    pub element: u64,
    /// Value of the weight, or of the block's scale or minimum.
    pub value: f32,
}

/// Searches `bytes` of type `kind` for weights that are infinite or not a number. Of blocks only the scales and minima
/// are read, which are floats.
///
/// `None` where all are finite, and for types whose layout is not known here.
pub fn find_not_finite(kind: TensorType, bytes: &[u8]) -> Option<NotFinite> {
    let offsets: &[usize] = match kind {
        TensorType::F32 => {
            let values = bytes
                .as_chunks()
                .0
                .iter()
                .map(|&raw| f32::from_le_bytes(raw));
            return first(values);
        }
        TensorType::F16 => {
            let values = bytes.as_chunks().0.iter();
            return first(values.map(|&raw| f16::from_le_bytes(raw).to_f32()));
        }
        TensorType::BF16 => {
            let values = bytes.as_chunks().0.iter();
            return first(values.map(|&raw| bf16::from_le_bytes(raw).to_f32()));
        }
        TensorType::Q4_0 | TensorType::Q5_0 | TensorType::Q8_0 => &[0],
        TensorType::Q4_1 | TensorType::Q5_1 | TensorType::Q4_K | TensorType::Q5_K => &[0, 2],
        TensorType::Q2_K => &[80, 82],
        TensorType::Q3_K => &[108],
        TensorType::Q6_K => &[208],
        _ => return None,
    };
    let block_size = kind.block_size();
    let blocks = bytes.chunks_exact(kind.block_bytes() as usize);
    for (index, block) in blocks.enumerate() {
        for &offset in offsets {
            let value = f16::from_le_bytes([block[offset], block[offset + 1]]);
            if !value.is_finite() {
                return Some(NotFinite {
                    element: index as u64 * block_size,
                    value: value.to_f32(),
                });
            }
        }
    }
    None
}

fn first(values: impl Iterator<Item = f32>) -> Option<NotFinite> {
    let (element, value) = values.enumerate().find(|(_, value)| !value.is_finite())?;
    Some(NotFinite {
        element: element as u64,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_of_every_type_is_looked_at() {
        for (kind, offsets) in [
            (TensorType::F32, &[0][..]),
            (TensorType::F16, &[0]),
            (TensorType::BF16, &[0]),
            (TensorType::Q4_0, &[0]),
            (TensorType::Q4_1, &[0, 2]),
            (TensorType::Q5_0, &[0]),
            (TensorType::Q5_1, &[0, 2]),
            (TensorType::Q8_0, &[0]),
            (TensorType::Q2_K, &[80, 82]),
            (TensorType::Q3_K, &[108]),
            (TensorType::Q4_K, &[0, 2]),
            (TensorType::Q5_K, &[0, 2]),
            (TensorType::Q6_K, &[208]),
        ] {
            let block = kind.block_bytes() as usize;
            let finite = vec![0; 3 * block];
            assert_eq!(find_not_finite(kind, &finite), None, "{kind}");
            for offset in offsets {
                let mut bytes = finite.clone();
                let raw: &[u8] = match kind {
                    TensorType::F32 => &f32::NAN.to_le_bytes(),
                    TensorType::BF16 => &bf16::NAN.to_le_bytes(),
                    _ => &f16::NAN.to_le_bytes(),
                };
                bytes[2 * block + offset..][..raw.len()].copy_from_slice(raw);
                let found = find_not_finite(kind, &bytes).unwrap();
                assert_eq!(found.element, 2 * kind.block_size(), "{kind}");
                assert!(found.value.is_nan());
            }
        }
    }
}

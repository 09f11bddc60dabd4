//! Matrix products summed in a fixed order, so that a merge gives the same bytes on every machine with any number of
//! threads.

use half::{bf16, f16};
use rayon::prelude::*;
use safetensors::Dtype;

use crate::error::{Error, Result};

/// Weights that are merged at once: bounds the memory of a merge.
const PIECE: usize = 1 << 20;
/// Columns of the running sums that fit into the first-level cache.
const TILE: usize = 1024;

/// A float type of checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloatType {
    F32,
    F16,
    Bf16,
}

impl FloatType {
    pub(crate) fn of(dtype: Dtype) -> Option<Self> {
        match dtype {
            Dtype::F32 => Some(Self::F32),
            Dtype::F16 => Some(Self::F16),
            Dtype::BF16 => Some(Self::Bf16),
            _ => None,
        }
    }

    pub(crate) fn dtype(self) -> Dtype {
        match self {
            Self::F32 => Dtype::F32,
            Self::F16 => Dtype::F16,
            Self::Bf16 => Dtype::BF16,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
        }
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }
}

/// Factor pair of one matrix: `delta = scale · B·A`.
pub(super) struct FactorPair {
    /// Factor A, `(rank, columns)`.
    pub(super) a: Vec<f32>,
    /// Factor B, `(rows, rank)`.
    pub(super) b: Vec<f32>,
    pub(super) rank: usize,
    pub(super) columns: usize,
    pub(super) scale: f32,
}

/// Converts little-endian floats to `f32`.
pub(crate) fn read_floats(bytes: &[u8], kind: FloatType) -> Vec<f32> {
    match kind {
        FloatType::F32 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&four| f32::from_le_bytes(four))
            .collect(),
        FloatType::F16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&two| f16::from_le_bytes(two).to_f32())
            .collect(),
        FloatType::Bf16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&two| bf16::from_le_bytes(two).to_f32())
            .collect(),
    }
}

/// Converts `f32` to little-endian floats, rounded to nearest even.
pub(super) fn write_floats(values: &[f32], kind: FloatType) -> Vec<u8> {
    match kind {
        FloatType::F32 => values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        FloatType::F16 => values
            .iter()
            .flat_map(|&value| f16::from_f32(value).to_le_bytes())
            .collect(),
        FloatType::Bf16 => values
            .iter()
            .flat_map(|&value| bf16::from_f32(value).to_le_bytes())
            .collect(),
    }
}

/// Adds `pair` to the matrix in `weight`, and passes the merged rows to `sink`, in pieces.
pub(super) fn merge(
    weight: &[u8],
    kind: FloatType,
    name: &str,
    pair: &FactorPair,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let rows_at_once = (PIECE / pair.columns).max(1);
    let pieces = weight.chunks(rows_at_once * pair.columns * kind.size());
    let factors = pair.b.chunks(rows_at_once * pair.rank);
    for (index, (piece, b)) in pieces.zip(factors).enumerate() {
        let mut values = read_floats(piece, kind); // (rows at once, columns)
        values
            .par_chunks_mut(pair.columns)
            .zip(b.par_chunks(pair.rank))
            .for_each(|(row, b)| add_to_row(row, b, &pair.a, pair.scale));
        check_finite(&values, kind, name, index * rows_at_once, pair.columns)?;
        sink(&write_floats(&values, kind))?;
    }
    Ok(())
}

/// Computes `row += scale · Σ b[k] · a[k]`, summed in the order of `k`.
fn add_to_row(row: &mut [f32], b: &[f32], a: &[f32], scale: f32) {
    let columns = row.len();
    let mut sums = [0.0_f32; TILE];
    for start in (0..columns).step_by(TILE) {
        let end = columns.min(start + TILE);
        let sums = &mut sums[..end - start];
        sums.fill(0.0);
        let a_rows = |k: usize| &a[k * columns + start..k * columns + end];
        let mut quads = b.chunks_exact(4);
        let mut k = 0;
        for quad in &mut quads {
            // Four at once, so that the sums are loaded and stored once for four products.
            let (a0, a1, a2, a3) = (a_rows(k), a_rows(k + 1), a_rows(k + 2), a_rows(k + 3));
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum = *sum
                    + quad[0] * a0[column]
                    + quad[1] * a1[column]
                    + quad[2] * a2[column]
                    + quad[3] * a3[column];
            }
            k += 4;
        }
        for &factor in quads.remainder() {
            for (sum, value) in sums.iter_mut().zip(a_rows(k)) {
                *sum += factor * value;
            }
            k += 1;
        }
        for (value, sum) in row[start..end].iter_mut().zip(sums) {
            *value += scale * *sum;
        }
    }
}

fn check_finite(
    values: &[f32],
    kind: FloatType,
    name: &str,
    first_row: usize,
    columns: usize,
) -> Result<()> {
    let limit = if kind == FloatType::F16 {
        f32::from(f16::MAX)
    } else {
        f32::MAX
    };
    match values
        .iter()
        .position(|value| !value.is_finite() || value.abs() > limit)
    {
        None => Ok(()),
        Some(place) => Err(Error::Value {
            name: name.to_owned(),
            row: first_row + place / columns,
            column: place % columns,
            value: values[place],
            stored_as: kind.name(),
        }),
    }
}

//! Vectors as the database keeps them, and the SQL functions that work on them.
//!
//! A stored vector has a scale and a signed byte per dimension; a query has a scale and two bytes per dimension. Their
//! product is a sum of integers, which is the same on every machine, and its error is that of the stored bytes alone.

use rusqlite::{
    Connection,
    functions::{Context, FunctionFlags},
    types::ValueRef,
};

/// Length of the scale in bytes.
const SCALE: usize = size_of::<f32>();

/// Largest number in a stored vector.
const STORED_MAX: f32 = 127.0;

/// Largest number in a query, so that the sum over [`BLOCK`] dimensions fits 32 bits.
const QUERY_MAX: f32 = 8191.0;

/// Dimensions that are summed in 32 bits.
const BLOCK: usize = 1024;

/// Registers the SQL functions with a connection.
///
/// `similarity(vector, query)`: the dot product of a stored vector and a query.
/// `quantised(floats)`: the stored form of little-endian `f32`s.
pub(crate) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("similarity", 2, flags, |context| {
        let (vector, query) = (blob(context, 0)?, blob(context, 1)?);
        similarity(vector, query).ok_or_else(|| {
            wrong(format!(
                "a vector of {} bytes and a query of {} cannot be compared",
                vector.len(),
                query.len()
            ))
        })
    })?;
    connection.create_scalar_function("quantised", 1, flags, |context| {
        let floats: Vec<f32> = blob(context, 0)?
            .chunks_exact(SCALE)
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .collect();
        Ok(stored(&floats))
    })
}

fn blob<'a>(context: &'a Context<'_>, index: usize) -> rusqlite::Result<&'a [u8]> {
    match context.get_raw(index) {
        ValueRef::Blob(bytes) => Ok(bytes),
        other => Err(wrong(format!(
            "argument {index} is {}, expected a blob",
            other.data_type()
        ))),
    }
}

fn wrong(message: String) -> rusqlite::Error {
    rusqlite::Error::UserFunctionError(message.into())
}

/// Stored form of `vector`. Numbers that are not finite count as 0.
pub(crate) fn stored(vector: &[f32]) -> Vec<u8> {
    let scale = scale(vector, STORED_MAX);
    let mut bytes = Vec::with_capacity(SCALE + vector.len());
    bytes.extend(scale.to_le_bytes());
    bytes.extend(
        vector
            .iter()
            .flat_map(|&value| (rounded(value, scale) as i8).to_le_bytes()),
    );
    bytes
}

/// Query form of `vector`, for the comparison with stored ones.
pub(crate) fn query(vector: &[f32]) -> Vec<u8> {
    let scale = scale(vector, QUERY_MAX);
    let mut bytes = Vec::with_capacity(SCALE + 2 * vector.len());
    bytes.extend(scale.to_le_bytes());
    bytes.extend(
        vector
            .iter()
            .flat_map(|&value| (rounded(value, scale) as i16).to_le_bytes()),
    );
    bytes
}

fn scale(vector: &[f32], largest: f32) -> f32 {
    let finite = vector.iter().filter(|value| value.is_finite());
    finite.fold(0.0_f32, |most, value| most.max(value.abs())) / largest
}

fn rounded(value: f32, scale: f32) -> f32 {
    if scale > 0.0 && value.is_finite() {
        (value / scale).round()
    } else {
        0.0
    }
}

/// Dot product of a stored vector and a query; `None` if their lengths differ.
fn similarity(vector: &[u8], query: &[u8]) -> Option<f64> {
    let (vector_scale, vector) = vector.split_first_chunk()?;
    let (query_scale, query) = query.split_first_chunk()?;
    if query.len() != 2 * vector.len() {
        return None;
    }
    let scale =
        f64::from(f32::from_le_bytes(*vector_scale)) * f64::from(f32::from_le_bytes(*query_scale));
    let blocks = vector.chunks(BLOCK).zip(query.chunks(2 * BLOCK));
    let sum: i64 = blocks
        .map(|(vector, query)| i64::from(product(vector, query)))
        .sum();
    Some(sum as f64 * scale)
}

fn product(vector: &[u8], query: &[u8]) -> i32 {
    vector
        .iter()
        .zip(query.chunks_exact(2))
        .map(|(&a, b)| i32::from(a.cast_signed()) * i32::from(i16::from_le_bytes([b[0], b[1]])))
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn extremes_do_not_overflow() {
        let ones = vec![1.0_f32; 5000];
        assert!((similarity(&stored(&ones), &query(&ones)).unwrap() - 5000.0).abs() < 0.01);
        let zeros = [0.0_f32; 4];
        assert_eq!(similarity(&stored(&zeros), &query(&zeros)), Some(0.0));
        let odd = [f32::NAN, f32::INFINITY, 1.0, -0.5];
        assert!(
            (similarity(&stored(&odd), &query(&[0.0, 0.0, 1.0, 1.0])).unwrap() - 0.5).abs() < 0.01
        );
        assert_eq!(similarity(&stored(&zeros), &query(&ones)), None);
        assert_eq!(similarity(&[1, 2], &query(&ones)), None);
    }

    proptest! {
        #[test]
        fn the_product_is_that_of_the_floats(pairs in vec((-1.0_f32..1.0, -1.0_f32..1.0), 1..400)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let exact: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let found = similarity(&stored(&a), &query(&b)).unwrap();
            // Half a step of either side, against the other side's sum.
            let sum = |values: &[f32]| values.iter().map(|value| f64::from(value.abs())).sum::<f64>();
            let bound = sum(&b) * 0.5 / 127.0 + sum(&a) * 0.5 / 8191.0 + 1e-4;
            prop_assert!((found - exact).abs() <= bound, "{} instead of {}", found, exact);
        }
    }
}

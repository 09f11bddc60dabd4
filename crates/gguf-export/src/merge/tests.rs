//! Merges against the definition, and shards.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    arithmetic::{FactorPair, FloatType, merge, read_floats, write_floats},
    *,
};

/// Merged matrix, (rows, columns), by the definition: sums of products in f64.
fn by_definition(weight: &[f32], pair: &FactorPair) -> Vec<f64> {
    let rows = pair.b.len() / pair.rank;
    let product = |row: usize, column: usize| -> f64 {
        (0..pair.rank)
            .map(|k| {
                f64::from(pair.b[row * pair.rank + k])
                    * f64::from(pair.a[k * pair.columns + column])
            })
            .sum()
    };
    (0..rows * pair.columns)
        .map(|place| {
            f64::from(weight[place])
                + f64::from(pair.scale) * product(place / pair.columns, place % pair.columns)
        })
        .collect()
}

fn merged(weight: &[f32], kind: FloatType, pair: &FactorPair) -> Result<Vec<f32>> {
    let mut bytes = Vec::new();
    merge(&write_floats(weight, kind), kind, "w", pair, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(read_floats(&bytes, kind))
}

fn made(seed: usize, count: usize) -> Vec<f32> {
    (0..count)
        .map(|index| ((index * 2_654_435_761 + seed * 40_503) % 2001) as f32 / 1000.0 - 1.0)
        .collect()
}

proptest! {
    #[test]
    fn a_merge_is_the_sum_of_products(rank in 1_usize..11, rows in 1_usize..7, columns in 1_usize..40, scale in -4.0_f32..4.0, seed in 0_usize..1000) {
        let pair = FactorPair { a: made(seed, rank * columns), b: made(seed + 1, rows * rank), rank, columns, scale };
        let weight = made(seed + 2, rows * columns);
        let found = merged(&weight, FloatType::F32, &pair).unwrap();
        for (found, expected) in found.iter().zip(by_definition(&weight, &pair)) {
            prop_assert!((f64::from(*found) - expected).abs() < 1e-4, "{found} {expected}");
        }
    }
}

#[test]
fn wide_rows_go_through_several_tiles_and_pieces() {
    let (rank, rows, columns) = (5, 300, 4099);
    let pair = FactorPair {
        a: made(1, rank * columns),
        b: made(2, rows * rank),
        rank,
        columns,
        scale: 0.5,
    };
    let weight = made(3, rows * columns);
    let found = merged(&weight, FloatType::F32, &pair).unwrap();
    assert_eq!(found.len(), weight.len());
    let worst = found
        .iter()
        .zip(by_definition(&weight, &pair))
        .map(|(found, expected)| (f64::from(*found) - expected).abs());
    assert!(worst.max_by(f64::total_cmp).unwrap() < 1e-5);
}

#[test]
fn sixteen_bit_weights_are_rounded_once() {
    let pair = FactorPair {
        a: vec![1.0, 1.0],
        b: vec![3.0 / 512.0],
        rank: 1,
        columns: 2,
        scale: 1.0,
    };
    // 1 + 3/512 lies between the bfloat16 neighbours 1 and 1 + 4/512, nearer to the upper one;
    // -1 + 3/512 lies halfway between -1 + 2/512 and -1 + 4/512, of which the second is even.
    assert_eq!(
        merged(&[1.0, -1.0], FloatType::Bf16, &pair).unwrap(),
        [1.0 + 4.0 / 512.0, -1.0 + 4.0 / 512.0]
    );
}

#[test]
fn a_merge_that_overflows_names_the_weight() {
    let pair = FactorPair {
        a: vec![6e4, 0.0],
        b: vec![0.0, 1.0],
        rank: 1,
        columns: 2,
        scale: 1.0,
    };
    let error = merged(&[0.0, 0.0, 6e4, 0.0], FloatType::F16, &pair).unwrap_err();
    assert_eq!(
        error.to_string(),
        "tensor `w`, row 1, column 0: 120000 cannot be stored as F16"
    );
}

#[test]
fn shards_are_named_in_an_index_and_never_split_a_tensor() {
    let folder = tempfile::tempdir().unwrap();
    let planned: Vec<_> = ["a", "b", "c"]
        .map(|name| Planned {
            name: name.to_owned(),
            kind: FloatType::F32,
            shape: vec![2, 5],
        })
        .into();
    let mut produce = |tensor: &Planned, sink: &mut dyn FnMut(&[u8]) -> Result<()>| {
        sink(&write_floats(
            &[f32::from(tensor.name.as_bytes()[0]); 10],
            FloatType::F32,
        ))
    };
    let files = safetensors::write(folder.path(), &planned, 80, &mut produce).unwrap();
    assert_eq!(
        files,
        [
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors"
        ]
    );
    let opened = Checkpoint::open(folder.path()).unwrap();
    let firsts: BTreeMap<String, f32> = opened
        .names()
        .map(|name| {
            (
                name.to_owned(),
                opened
                    .view(name, |view| read_floats(view.data(), FloatType::F32)[9])
                    .unwrap(),
            )
        })
        .collect();
    assert_eq!(
        firsts,
        BTreeMap::from([
            ("a".to_owned(), 97.0),
            ("b".to_owned(), 98.0),
            ("c".to_owned(), 99.0)
        ])
    );
}

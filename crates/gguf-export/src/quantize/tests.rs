//! Quantized rows against ggml's own.

use std::{fs, path::PathBuf};

use serde_json::Value as Json;

use super::*;

fn vectors() -> PathBuf {
    let fixtures = std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/fixtures")),
        PathBuf::from,
    );
    fixtures.join("gguf/quant_vectors")
}

/// Compares our bytes of every row with ggml's, except for rows named in `except`.
fn check_rows(wanted: TensorType, file: &str, except: &[&str]) {
    let json: Json =
        serde_json::from_slice(&fs::read(vectors().join("vectors.json")).unwrap()).unwrap();
    let columns = json["n_cols"].as_u64().unwrap() as usize;
    let values = read_floats(&fs::read(vectors().join("x.f32")).unwrap(), FloatType::F32);
    let expected = fs::read(vectors().join(file)).unwrap();
    let names = json["rows"].as_array().unwrap();
    let row_bytes = expected.len() / names.len();
    let mut compared = 0;
    for (index, name) in names.iter().enumerate() {
        if except.contains(&name.as_str().unwrap()) {
            continue;
        }
        let found = quantize_rows(&values[index * columns..(index + 1) * columns], wanted).unwrap();
        assert!(
            found == expected[index * row_bytes..(index + 1) * row_bytes],
            "{wanted} row {name} differs"
        );
        compared += 1;
    }
    assert!(compared > 0);
}

#[test]
fn sixteen_bit_floats_are_ggmls_to_the_bit() {
    check_rows(TensorType::F16, "f16.bin", &[]);
    check_rows(TensorType::BF16, "bf16.bin", &[]);
}

#[test]
fn simple_blocks_are_ggmls_to_the_bit() {
    // candle divides by scales that round to zero in that row; no real weight is so small.
    check_rows(TensorType::Q8_0, "q8_0.bin", &["denormal"]);
    check_rows(TensorType::Q5_0, "q5_0.bin", &["denormal"]);
}

fn as_bytes(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

#[test]
fn pieces_together_are_what_all_rows_at_once_are() {
    let columns = 256;
    let rows = CHUNK / columns * (CHUNKS_AT_ONCE + 1) + 3;
    let values: Vec<f32> = (0..rows * columns)
        .map(|index| ((index * 7919 % 1000) as f32 - 500.0) / 300.0)
        .collect();
    let bytes = as_bytes(&values);
    let tensor = Stored {
        name: "made",
        bytes: &bytes,
        kind: FloatType::F32,
        columns,
    };
    for wanted in [TensorType::Q4_K, TensorType::Q6_K, TensorType::F16] {
        let mut streamed = Vec::new();
        convert(&tensor, wanted, &mut |piece| {
            streamed.extend_from_slice(piece);
            Ok(())
        })
        .unwrap();
        assert!(
            streamed == quantize_rows(&values, wanted).unwrap(),
            "{wanted}"
        );
    }
}

#[test]
fn weights_that_cannot_be_stored_are_named() {
    let refuse = |place: usize, value: f32, wanted| {
        let mut values = vec![0.5; 3 * 256];
        values[place] = value;
        let bytes = as_bytes(&values);
        let tensor = Stored {
            name: "w",
            bytes: &bytes,
            kind: FloatType::F32,
            columns: 256,
        };
        convert(&tensor, wanted, &mut |_| Ok(()))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refuse(256 + 5, f32::NAN, TensorType::F32),
        "tensor `w`, row 1, column 5: NaN cannot be stored as F32"
    );
    assert_eq!(
        refuse(3, 1e6, TensorType::F16),
        "tensor `w`, row 0, column 3: 1000000 cannot be stored as F16"
    );
    assert_eq!(
        refuse(700, f32::INFINITY, TensorType::Q4_K),
        "tensor `w`, row 2, column 188: inf cannot be stored as Q4_K"
    );
}

//! Headers that are written and read back, hostile ones, and random bytes.

use std::path::Path;

use proptest::prelude::*;

use crate::*;

fn read(bytes: &[u8]) -> Result<(Header, u64), String> {
    Header::read(&mut &*bytes, bytes.len() as u64, Path::new("made.gguf"))
        .map_err(|error| error.to_string())
}

fn small() -> Header {
    let metadata = vec![
        (
            "general.architecture".to_owned(),
            Value::String("qwen2".to_owned()),
        ),
        ("a.flag".to_owned(), Value::Bool(true)),
        (
            "a.list".to_owned(),
            Value::strings(["x".to_owned(), "yz".to_owned()]),
        ),
        ("a.numbers".to_owned(), Value::integers([1, -2])),
        ("a.float".to_owned(), Value::F32(1e6)),
    ];
    let tensors = [
        (
            "token_embd.weight".to_owned(),
            vec![32, 3],
            TensorType::Q8_0,
        ),
        ("output_norm.weight".to_owned(), vec![5], TensorType::F32),
    ];
    Header::new(metadata, tensors)
}

fn small_file() -> Vec<u8> {
    let mut bytes = small().to_bytes();
    bytes.resize(bytes.len() + 128 + 20, 7);
    bytes
}

#[test]
fn a_header_survives_writing_and_reading() {
    let (header, data_start) = read(&small_file()).unwrap();
    assert_eq!(header, small());
    assert_eq!(data_start, small().to_bytes().len() as u64);
    assert_eq!(header.tensors[1].offset, 128, "3 · 34 bytes, padded");
}

#[test]
fn a_file_that_ends_too_early_is_an_error_wherever_it_ends() {
    let whole = small_file();
    for length in 0..whole.len() {
        let error = read(&whole[..length]).unwrap_err();
        assert!(error.starts_with("`made.gguf`, byte "), "{error}");
    }
}

#[test]
fn counts_larger_than_the_file_are_errors_before_anything_is_allocated() {
    let whole = small_file();
    for (place, what) in [(8, "tensors"), (16, "keys"), (24, "bytes of text")] {
        for count in [1 << 20, 1 << 40, u64::MAX] {
            let mut bytes = whole.clone();
            bytes[place..place + 8].copy_from_slice(&count.to_le_bytes());
            let error = read(&bytes).unwrap_err();
            assert!(error.contains(&format!("found {count} {what}")), "{error}");
        }
    }
}

#[test]
fn hostile_values_are_named() {
    let with = |key: &str, value: Value| {
        let mut header = small();
        header.metadata.push((key.to_owned(), value));
        let mut bytes = header.to_bytes();
        bytes.resize(bytes.len() + 148, 0);
        read(&bytes).unwrap_err()
    };
    assert!(with("a.flag", Value::Bool(true)).contains("the key `a.flag` is there twice"));
    assert!(
        with("general.alignment", Value::U32(24))
            .contains("`general.alignment` is 24, expected a power of two")
    );
    assert!(with("general.alignment", Value::U32(0)).contains("expected a power of two"));
    let nested = Value::Array(ValueType::Array, vec![Value::integers([1])]);
    assert!(with("deep", nested).contains("array of arrays"));
}

#[test]
fn tensors_that_cannot_be_are_errors() {
    let with = |change: fn(&mut TensorInfo)| {
        let mut header = small();
        change(&mut header.tensors[0]);
        let mut bytes = header.to_bytes();
        bytes.resize(bytes.len() + 148, 0);
        read(&bytes).unwrap_err()
    };
    assert!(with(|tensor| tensor.offset = 3).contains("lies at 3, expected a multiple of 32"));
    assert!(with(|tensor| tensor.dimensions = vec![33, 3]).contains("which Q8_0 cannot have"));
    assert!(
        with(|tensor| tensor.dimensions = vec![32, u64::MAX]).contains("which Q8_0 cannot have")
    );
    assert!(with(|tensor| tensor.dimensions = vec![32, 1 << 30]).contains("it is cut off"));
    assert!(
        with(|tensor| tensor.name = "output_norm.weight".to_owned()).contains("is there twice")
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<u8>().prop_map(Value::U8),
        any::<i16>().prop_map(Value::I16),
        any::<u32>().prop_map(Value::U32),
        any::<i64>().prop_map(Value::I64),
        any::<bool>().prop_map(Value::Bool),
        (-1e30_f64..1e30).prop_map(Value::F64),
        ".{0,20}".prop_map(Value::String),
        prop::collection::vec(".{0,6}", 0..5).prop_map(Value::strings),
        prop::collection::vec(any::<i32>(), 0..5).prop_map(Value::integers),
    ]
}

proptest! {
    #[test]
    fn any_header_survives_writing_and_reading(
        metadata in prop::collection::btree_map("[a-z.]{1,12}", any_value(), 0..8),
        tensors in prop::collection::btree_map("[a-z.]{1,12}", (1_u64..5, 1_u64..5), 0..6),
    ) {
        let tensors = tensors.into_iter().map(|(name, (rows, blocks))| (name, vec![32 * blocks, rows], TensorType::Q5_0));
        let header = Header::new(metadata.into_iter().collect(), tensors);
        let mut bytes = header.to_bytes();
        bytes.resize(bytes.len() + (1 << 13), 0);
        prop_assert_eq!(read(&bytes).unwrap().0, header);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut file = MAGIC.to_vec();
        file.extend(3_u32.to_le_bytes());
        file.extend(&bytes);
        let _ = read(&file);
        prop_assert!(read(&bytes).is_err() || bytes.starts_with(&MAGIC));
    }

    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = small_file();
        for (place, value) in flips {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok((header, start)) = read(&bytes) {
            let ends = header.tensors.iter().map(|tensor| tensor.offset + tensor.bytes().unwrap());
            prop_assert!(ends.max().unwrap_or(0) + start <= bytes.len() as u64);
        }
    }
}

//! The reader against damaged and invented files: no panic, no memory out of proportion to the file.

#![expect(
    clippy::unwrap_used,
    reason = "in the helpers of tests; inside tests it is allowed anyway"
)]

mod error_texts;
mod memory;
mod mutations;

use std::path::{Path, PathBuf};

use persona_core::Hint;
use persona_gguf::{Error, GgufFile, Header, TensorType, Value};

/// Bytes of a file with one tensor, and `keys` beside the architecture.
fn file_with(keys: &[(&str, Value)]) -> Vec<u8> {
    let mut metadata = vec![(
        "general.architecture".to_owned(),
        Value::String("qwen2".to_owned()),
    )];
    metadata.extend(
        keys.iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone())),
    );
    let tensors = [("output_norm.weight".to_owned(), vec![8], TensorType::F32)];
    let mut bytes = Header::new(metadata, tensors).to_bytes();
    bytes.extend((0..8_u8).flat_map(|value| f32::from(value).to_le_bytes()));
    bytes
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    persona_core::atomic::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_tensor_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = GgufFile::open(&written(folder.path(), "a.gguf", &file_with(&[]))).unwrap();
    let expected: Vec<u8> = (0..8_u8)
        .flat_map(|value| f32::from(value).to_le_bytes())
        .collect();
    assert_eq!(file.read("output_norm.weight").unwrap(), expected);
    let error = file.read("output.weight").unwrap_err();
    assert!(matches!(error, Error::MissingTensor { .. }));
    assert!(error.to_string().contains("has no tensor `output.weight`"));
}

#[test]
fn a_part_of_a_split_model_says_which_part_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let keys = [("split.no", Value::U16(1)), ("split.count", Value::U16(3))];
    let path = written(folder.path(), "two.gguf", &file_with(&keys));
    let error = GgufFile::open(&path).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is part 2 of 3 of a split model, expected a model in one file"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("llama-gguf-split --merge"));
    let named = written(folder.path(), "m-00001-of-00002.gguf", &file_with(&[]));
    assert!(matches!(
        GgufFile::open(&named).unwrap_err(),
        Error::Split {
            part: 1,
            parts: 2,
            ..
        }
    ));
    let whole = [("split.count", Value::U16(1))];
    GgufFile::open(&written(folder.path(), "whole.gguf", &file_with(&whole))).unwrap();
}

#[test]
fn each_kind_of_bad_file_has_its_error_and_its_hint() {
    let folder = tempfile::tempdir().unwrap();
    let whole = file_with(&[]);
    let open =
        |bytes: &[u8]| GgufFile::open(&written(folder.path(), "bad.gguf", bytes)).unwrap_err();
    let mut big = whole.clone();
    big[4..8].reverse();
    let error = open(&big);
    assert!(matches!(error, Error::BigEndian { .. }), "{error}");
    assert!(error.hint().unwrap().contains("gguf_convert_endian"));
    big[..4].reverse();
    assert!(matches!(open(&big), Error::BigEndian { .. }));
    let error = open(&whole[..whole.len() - 1]);
    assert!(matches!(error, Error::Truncated { .. }), "{error}");
    assert!(error.hint().unwrap().contains("cut off"));
    let error = open(b"PK\x03\x04 something else");
    assert!(matches!(error, Error::NotGguf { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains(r"found `PK\x03\x04`, expected `GGUF`"),
        "{error}"
    );
    let error = open(&file_with(&[("general.architecture", Value::U8(1))]));
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[test]
fn tensors_that_share_bytes_are_refused() {
    let tensors = [("a", TensorType::F32), ("b", TensorType::F32)]
        .map(|(name, kind)| (name.to_owned(), vec![32], kind));
    let mut header = Header::new(Vec::new(), tensors);
    header.tensors[1].offset = 96;
    let mut bytes = header.to_bytes();
    bytes.resize(bytes.len() + 256, 0);
    let folder = tempfile::tempdir().unwrap();
    let error = GgufFile::open(&written(folder.path(), "shared.gguf", &bytes)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("tensor `b` begins at 96 of the data, inside tensor `a`, which ends at 128"),
        "{error}"
    );
}

#[test]
fn values_in_messages_are_short_and_harmless() {
    let long = Value::String(format!("a\u{1b}[31m{}", "x".repeat(200))).to_string();
    assert!(
        long.starts_with("`a\\u{1b}[31m") && long.ends_with("…`"),
        "{long}"
    );
    assert!(long.chars().count() < 80);
    let many = Value::integers(0..1000).to_string();
    assert_eq!(many, "an array of 1000 I32");
}

//! Inspections of good and of damaged files.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/fixtures")),
        PathBuf::from,
    )
}

#[test]
fn a_gguf_file_is_told_apart_and_counted() {
    let path = fixtures().join("gguf/Q4_K_M.gguf");
    let found = inspect(&path).unwrap();
    let golden: Json =
        serde_json::from_slice(&fs::read(fixtures().join("gguf/tensors.json")).unwrap()).unwrap();
    let golden = golden["Q4_K_M"]["tensors"].as_array().unwrap().clone();
    assert_eq!(
        (found.kind, found.version, found.tensors.len()),
        (Kind::Gguf, Some(3), golden.len())
    );
    for (tensor, golden) in found.tensors.iter().zip(&golden) {
        assert_eq!(golden["name"], tensor.name);
        assert_eq!(golden["bytes"], tensor.bytes);
        assert_eq!(golden["type"], tensor.kind);
    }
    assert_eq!(
        found.types.iter().map(|count| count.tensors).sum::<u64>(),
        golden.len() as u64
    );
    let text = found.to_string();
    assert!(
        text.starts_with("GGUF version 3\n") && text.contains("token_embd.weight"),
        "{text}"
    );
    assert!(text.contains("tokenizer.ggml.tokens"), "{text}");
}

#[test]
fn folders_and_safetensors_are_told_apart() {
    let adapter = inspect(&fixtures().join("lora/adapter")).unwrap();
    assert_eq!(adapter.kind, Kind::Adapter);
    assert!(adapter.metadata["r"].is_u64());
    assert!(
        adapter
            .tensors
            .iter()
            .all(|tensor| tensor.name.contains(".lora_"))
    );
    let checkpoint = inspect(&fixtures().join("model")).unwrap();
    assert_eq!(checkpoint.kind, Kind::Checkpoint);
    let file = inspect(&fixtures().join("model/model.safetensors")).unwrap();
    assert_eq!(
        (file.kind, file.bytes),
        (Kind::Safetensors, checkpoint.bytes)
    );
    assert!(file.to_string().contains("model.embed_tokens.weight"));
}

fn inspect_bytes(bytes: &[u8]) -> Result<Inspection> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    persona_core::atomic::write(&path, bytes).unwrap();
    inspect(&path)
}

#[test]
fn what_is_neither_is_an_error_that_says_so() {
    let error = inspect_bytes(b"hello, this is no model file")
        .unwrap_err()
        .to_string();
    assert!(error.contains("neither GGUF nor safetensors"), "{error}");
    assert!(
        inspect_bytes(b"")
            .unwrap_err()
            .to_string()
            .contains("too few")
    );
    let mut huge = u64::MAX.to_le_bytes().to_vec();
    huge.extend(b"{}");
    assert!(inspect_bytes(&huge).is_err());
    assert!(inspect(&fixtures()).is_err(), "a folder without a model");
}

#[test]
fn a_cut_safetensors_file_is_an_error() {
    let whole = fs::read(fixtures().join("lora/adapter/adapter_model.safetensors")).unwrap();
    for length in [7, 8, 100, whole.len() / 2, whole.len() - 1] {
        assert!(inspect_bytes(&whole[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn control_characters_stay_out_of_the_terminal() {
    let header = br#"{"__metadata__":{"k\u001b[2J":"\u001b[31m"},"a\u001b]0;x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0; 4]);
    let text = inspect_bytes(&bytes).unwrap().to_string();
    assert!(!text.contains('\u{1b}'), "{text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn random_files_never_panic(header in ".{0,200}", tail in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.as_bytes());
        bytes.extend(tail);
        let _ = inspect_bytes(&bytes);
    }
}

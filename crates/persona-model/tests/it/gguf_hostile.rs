//! GGUF files that must not be run: each is refused by name, with a hint.

use std::{
    fs,
    path::{Path, PathBuf},
};

use persona_core::Hint;
use persona_gguf::{Header, TensorType, Value};
use persona_model::{GgufFile, Qwen2};

use crate::fixtures::fixtures;

/// The golden file taken apart: its header, and the data of all tensors.
pub(crate) fn golden() -> (Header, Vec<u8>) {
    let path = fixtures().join("gguf/Q4_K_M.gguf");
    let (header, data_start) = Header::open(&path).unwrap();
    let data = fs::read(&path).unwrap().split_off(data_start as usize);
    (header, data)
}

pub(crate) fn write(folder: &Path, header: &Header, data: &[u8]) -> PathBuf {
    let path = folder.join("made.gguf");
    persona_core::atomic::write(&path, [header.to_bytes(), data.to_vec()].concat()).unwrap();
    path
}

/// The error and the hint for the golden file with something changed in it.
fn refused(change: impl FnOnce(&mut Header, &mut [u8])) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (mut header, mut data) = golden();
    change(&mut header, &mut data);
    let error = Qwen2::load_gguf(&write(folder.path(), &header, &data)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("made.gguf"), "{text}");
    (text, error.hint().unwrap())
}

fn with_key(key: &str, value: Value) -> String {
    let (text, _) = refused(|header, _| {
        header.metadata.retain(|(found, _)| found != key);
        header.metadata.push((key.to_owned(), value));
    });
    assert!(text.contains(&format!("key `{key}`: found ")), "{text}");
    text
}

fn without_key(key: &str) -> String {
    refused(|header, _| header.metadata.retain(|(found, _)| found != key)).0
}

#[test]
fn the_golden_file_taken_apart_and_put_together_still_loads() {
    let folder = tempfile::tempdir().unwrap();
    let (header, data) = golden();
    Qwen2::load_gguf(&write(folder.path(), &header, &data)).unwrap();
}

#[test]
fn other_kinds_of_files_are_refused() {
    let text = |text: &str| Value::String(text.to_owned());
    let other = with_key("general.architecture", text("llama"));
    assert!(
        other.ends_with("found `llama`, expected `qwen2`"),
        "{other}"
    );
    let adapter = with_key("general.type", text("adapter"));
    assert!(
        adapter.ends_with("found `adapter`, expected `model`"),
        "{adapter}"
    );
    assert!(without_key("general.architecture").contains("found nothing, expected `qwen2`"));
    let (part, hint) = refused(|header, _| {
        let keys = [("split.no", 0), ("split.count", 2)];
        header
            .metadata
            .extend(keys.map(|(key, value)| (key.to_owned(), Value::U16(value))));
    });
    assert!(part.contains("is part 1 of 2 of a split model"), "{part}");
    assert!(hint.contains("llama-gguf-split --merge"), "{hint}");
}

#[test]
fn arithmetic_that_is_not_ours_is_refused_by_key() {
    let text = |text: &str| Value::String(text.to_owned());
    for (key, value) in [
        ("qwen2.rope.scaling.type", text("yarn")),
        ("qwen2.rope.scaling.type", Value::U32(2)),
        ("qwen2.rope.scaling.factor", Value::F32(4.0)),
        ("qwen2.rope.scaling.attn_factor", Value::F32(0.5)),
        ("qwen2.rope.scale_linear", Value::F32(2.0)),
        ("qwen2.rope.dimension_count", Value::U32(32)),
        ("qwen2.attention.key_length", Value::U32(128)),
        ("qwen2.attention.causal", Value::Bool(false)),
        ("qwen2.expert_count", Value::U32(8)),
        ("qwen2.rope.freq_base", Value::F32(f32::NAN)),
        ("qwen2.attention.layer_norm_rms_epsilon", Value::F32(-1.0)),
        ("qwen2.block_count", Value::String("two".to_owned())),
    ] {
        with_key(key, value);
    }
    assert!(
        without_key("qwen2.rope.freq_base").contains("key `qwen2.rope.freq_base`: found nothing")
    );
}

#[test]
fn keys_that_say_what_is_so_anyway_are_no_reason_to_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let (mut header, data) = golden();
    let config = GgufFile::open(&write(folder.path(), &header, &data))
        .unwrap()
        .config()
        .unwrap();
    header.metadata.extend(
        [
            ("qwen2.rope.scaling.type", Value::String("none".to_owned())),
            ("qwen2.rope.scaling.factor", Value::F32(4.0)),
            (
                "qwen2.rope.dimension_count",
                Value::U32(config.head_dim() as u32),
            ),
            ("qwen2.attention.causal", Value::Bool(true)),
            ("split.count", Value::U16(0)),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    Qwen2::load_gguf(&write(folder.path(), &header, &data)).unwrap();
}

#[test]
fn tensors_that_are_not_the_networks_are_refused_by_name() {
    let place = |header: &Header, name: &str| {
        let mut tensors = header.tensors.iter();
        tensors.position(|tensor| tensor.name == name).unwrap()
    };
    let (missing, _) = refused(|header, _| {
        let at = place(header, "blk.1.ffn_up.weight");
        header.tensors.remove(at);
    });
    assert!(
        missing.ends_with("has no tensor `blk.1.ffn_up.weight`"),
        "{missing}"
    );
    let (unknown, _) = refused(|header, _| {
        let mut extra = header.tensors[place(header, "blk.1.attn_q.bias")].clone();
        extra.name = "rope_freqs.weight".to_owned();
        extra.dimensions = vec![0];
        header.tensors.push(extra);
    });
    assert!(
        unknown.contains("tensor `rope_freqs.weight`: is there, but"),
        "{unknown}"
    );
    let (shape, _) = refused(|header, _| {
        let at = place(header, "blk.0.attn_k.bias");
        header.tensors[at].dimensions[0] -= 1;
    });
    assert!(
        shape.contains("tensor `blk.0.attn_k.bias`: has shape ["),
        "{shape}"
    );
    let (kind, hint) = refused(|header, _| {
        let at = place(header, "blk.0.attn_k.bias");
        header.tensors[at].kind = TensorType::from_number(24).unwrap();
    });
    assert!(
        kind.contains("tensor `blk.0.attn_k.bias`: has type I8, expected F32, F16"),
        "{kind}"
    );
    assert!(hint.contains("q4_k_m"), "{hint}");
    let (layers, _) = refused(|header, _| {
        for (key, value) in &mut header.metadata {
            if key == "qwen2.block_count" {
                *value = Value::U32(u32::MAX);
            }
        }
    });
    assert!(
        layers.contains("key `qwen2.block_count`: found 4294967295"),
        "{layers}"
    );
}

#[test]
fn weights_that_are_no_numbers_are_refused() {
    for (name, at) in [("output_norm.weight", 4), ("blk.1.ffn_gate.weight", 144)] {
        let (text, hint) = refused(|header, data| {
            let mut tensors = header.tensors.iter();
            let info = tensors.find(|tensor| tensor.name == name).unwrap();
            let place = info.offset as usize + at;
            let nan: &[u8] = match info.kind {
                TensorType::F32 => &f32::NAN.to_le_bytes(),
                TensorType::Q4_K => &[0, 0x7e],
                other => panic!("{name} is {other}"),
            };
            data[place..place + nan.len()].copy_from_slice(nan);
        });
        assert!(
            text.contains(&format!("tensor `{name}`: found NaN at weight ")),
            "{text}"
        );
        assert!(hint.contains("damaged"), "{hint}");
    }
}

/// Single bytes of the header and of the first tensors, all over the file's values.
#[test]
fn damaged_files_are_loaded_or_refused_without_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (header, data) = golden();
    let whole = [header.to_bytes(), data].concat();
    // Beyond the vocabulary lie the keys and tensors that decide what is allocated.
    let header_bytes = header.to_bytes().len();
    let places = (0..header_bytes)
        .rev()
        .take(1600)
        .step_by(7)
        .chain((0..1500).step_by(13));
    for (round, place) in places.enumerate() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (round % 8);
        let path = folder.path().join("damaged.gguf");
        fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &bytes))
            .unwrap();
        if let Err(error) = Qwen2::load_gguf(&path) {
            assert!(error.to_string().len() < 1000, "{error}");
        }
    }
}

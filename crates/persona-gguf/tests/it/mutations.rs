//! Thousands of damaged headers.

use std::{fs, path::Path};

use persona_gguf::{GgufFile, Header, TensorType, Value, find_not_finite};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::memory::peak_of;

/// A header with a value of every kind, and tensors of several types.
fn header() -> Vec<u8> {
    let keys = [
        ("general.architecture", Value::String("qwen2".to_owned())),
        ("general.alignment", Value::U32(32)),
        ("split.count", Value::U16(0)),
        ("a.flag", Value::Bool(true)),
        ("a.byte", Value::U8(3)),
        ("a.signed", Value::I64(-3)),
        ("a.float", Value::F32(1e6)),
        ("a.double", Value::F64(1e-6)),
        ("a.numbers", Value::integers(0..20)),
        (
            "a.words",
            Value::strings(["x", "yz", ""].map(str::to_owned)),
        ),
    ];
    let tensors = [
        ("token_embd.weight", vec![32, 9], TensorType::Q8_0),
        ("blk.0.attn_q.weight", vec![256, 2], TensorType::Q4_K),
        ("blk.0.attn_q.bias", vec![5], TensorType::F32),
        ("output_norm.weight", vec![16, 2, 2], TensorType::F16),
    ];
    let header = Header::new(
        keys.map(|(key, value)| (key.to_owned(), value)).to_vec(),
        tensors.map(|(name, dimensions, kind)| (name.to_owned(), dimensions, kind)),
    );
    let data: u64 = header
        .tensors
        .iter()
        .map(|tensor| tensor.bytes().unwrap().next_multiple_of(32))
        .sum();
    let mut bytes = header.to_bytes();
    bytes.resize(bytes.len() + data as usize, 1);
    bytes
}

/// One kind of damage to a file.
#[derive(Clone, Debug)]
enum Damage {
    Byte(prop::sample::Index, u8),
    Number(prop::sample::Index, u64),
    Small(prop::sample::Index, u32),
    Cut(prop::sample::Index),
    Gone(prop::sample::Index, usize),
    Twice(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    let extreme = prop::sample::select(vec![
        0,
        1,
        32,
        0x7fff_ffff,
        0xffff_ffff,
        1 << 20,
        1 << 40,
        1 << 62,
        u64::MAX - 31,
        u64::MAX,
    ]);
    prop_oneof![
        3 => (place(), any::<u8>()).prop_map(|(place, value)| Damage::Byte(place, value)),
        3 => (place(), extreme).prop_map(|(place, value)| Damage::Number(place, value)),
        3 => (place(), 0_u32..40).prop_map(|(place, value)| Damage::Small(place, value)),
        1 => place().prop_map(Damage::Cut),
        1 => (place(), 1_usize..40).prop_map(|(place, length)| Damage::Gone(place, length)),
        1 => (place(), 1_usize..40).prop_map(|(place, length)| Damage::Twice(place, length)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    if bytes.is_empty() {
        return;
    }
    let overwrite = |bytes: &mut Vec<u8>, at: usize, new: &[u8]| {
        let end = bytes.len().min(at + new.len());
        bytes[at..end].copy_from_slice(&new[..end - at]);
    };
    match damage {
        Damage::Byte(place, value) => {
            let at = place.index(bytes.len());
            bytes[at] = *value;
        }
        Damage::Number(place, value) => {
            let at = place.index(bytes.len());
            overwrite(bytes, at, &value.to_le_bytes());
        }
        Damage::Small(place, value) => {
            let at = place.index(bytes.len());
            overwrite(bytes, at, &value.to_le_bytes());
        }
        Damage::Cut(place) => bytes.truncate(place.index(bytes.len())),
        Damage::Gone(place, length) => {
            let at = place.index(bytes.len());
            bytes.drain(at..bytes.len().min(at + length));
        }
        Damage::Twice(place, length) => {
            let at = place.index(bytes.len());
            let piece = bytes[at..bytes.len().min(at + length)].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

/// Reads a header, and checks the promises of the reader about an accepted one.
fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    let length = bytes.len() as u64;
    let path = Path::new("damaged.gguf");
    let (read, peak) = peak_of(|| Header::read(&mut &*bytes, length, path));
    prop_assert!(
        peak < 64 * bytes.len() + (1 << 16),
        "{peak} bytes held for a file of {length}"
    );
    let (header, data_start) = match read {
        Ok(read) => read,
        Err(error) => {
            let text = error.to_string();
            prop_assert!(text.starts_with("`damaged.gguf`, byte "), "{text}");
            prop_assert!(
                text.len() < 600 && !text.contains(char::is_control),
                "{text}"
            );
            return Ok(());
        }
    };
    let mut end_of_last = 0;
    let mut ranges: Vec<(u64, u64)> = header
        .tensors
        .iter()
        .map(|tensor| (tensor.offset, tensor.offset + tensor.bytes().unwrap()))
        .filter(|(start, end)| start < end)
        .collect();
    ranges.sort_unstable();
    for (start, end) in ranges {
        prop_assert!(start >= end_of_last, "tensors overlap");
        prop_assert!(data_start + end <= length, "a tensor leaves the file");
        end_of_last = end;
    }
    Ok(())
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn damaged_headers_end_in_an_answer_or_an_error() {
    let whole = header();
    check(&whole).unwrap();
    let damages = prop::collection::vec(damage(), 1..5);
    let run = runner(20_000).run(&damages, |damages| {
        let mut bytes = whole.clone();
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        check(&bytes)
    });
    run.unwrap();
}

#[test]
fn every_cut_is_an_error() {
    let whole = header();
    for length in 0..whole.len() {
        let error = Header::read(&mut &whole[..length], length as u64, Path::new("cut.gguf"));
        let last_padding = error.is_ok() && whole.len() - length < 32;
        assert!(error.is_err() || last_padding, "{length} bytes");
    }
}

#[test]
fn tensors_of_a_damaged_file_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.gguf");
    let whole = header();
    let damages = prop::collection::vec(damage(), 1..4);
    let run = runner(500).run(&damages, |damages| {
        let mut bytes = whole.clone();
        for damage in &damages {
            apply(&mut bytes, damage);
        }
        fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &bytes))
            .unwrap();
        let Ok(mut file) = GgufFile::open(&path) else {
            return Ok(());
        };
        for tensor in file.header().tensors.clone() {
            let found = file.read(&tensor.name).unwrap();
            prop_assert_eq!(found.len() as u64, tensor.bytes().unwrap());
            let _ = find_not_finite(tensor.kind, &found);
        }
        Ok(())
    });
    run.unwrap();
}

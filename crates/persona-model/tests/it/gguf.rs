//! GGUF files made by llama.cpp, read by us.

use std::{fs, ops::ControlFlow};

use candle_core::{
    DType, Device,
    quantized::{GgmlDType, QTensor},
};
use persona_core::Sampling;
use persona_gguf::{Header, TensorType};
use persona_model::{Checkpoint, KvCache, LoadOptions, Qwen2, Segments, generate, loss, tensors};
use serde_json::Value;

use crate::{fixtures::fixtures, gguf_hostile};

fn golden() -> Value {
    serde_json::from_slice(&fs::read(fixtures().join("gguf/logits.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<u32> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_u64().unwrap() as u32)
        .collect()
}

/// Reads a little-endian f32 `.npy` file of two dimensions.
fn npy(name: &str) -> Vec<f32> {
    let bytes = fs::read(fixtures().join("gguf").join(name)).unwrap();
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    bytes[10 + header..]
        .chunks_exact(4)
        .map(|raw| f32::from_le_bytes(raw.try_into().unwrap()))
        .collect()
}

fn mean_difference(model: &Qwen2, ids: &[u32], name: &str) -> f32 {
    let hidden = model
        .forward(ids, &Segments::packed(&[ids.len()]), None, None)
        .unwrap();
    let found = model
        .logits(&hidden)
        .unwrap()
        .flatten_all()
        .unwrap()
        .to_vec1::<f32>()
        .unwrap();
    let expected = npy(name);
    assert_eq!(found.len(), expected.len());
    found
        .iter()
        .zip(&expected)
        .map(|(f, e)| (f - e).abs())
        .sum::<f32>()
        / found.len() as f32
}

#[test]
fn the_checkpoint_agrees_with_llama_cpp() {
    let model = Qwen2::load(&fixtures().join("gguf/hf"), &LoadOptions::cpu()).unwrap();
    assert!(mean_difference(&model, &numbers(&golden()["ids"]), "logits_f32.npy") < 1e-4);
}

/// Our activations are blocks of 8-bit integers as llama.cpp's are; the README of the golden files says how much that
/// alone moves the logits (0.038 on average, quantization itself 0.32).
#[test]
fn the_quantized_file_agrees_with_llama_cpp() {
    let model = Qwen2::load_gguf(&fixtures().join("gguf/Q4_K_M.gguf")).unwrap();
    let ids = numbers(&golden()["ids"]);
    let difference = mean_difference(&model, &ids, "logits_Q4_K_M.npy");
    assert!(difference < 0.06, "{difference}");
    let exact = mean_difference(&model, &ids, "logits_Q4_K_M_dequantized_f32.npy");
    assert!(exact < 0.06, "{exact}");
}

#[test]
fn log_probs_of_a_quantized_model_are_those_of_its_logits() {
    let model = Qwen2::load_gguf(&fixtures().join("gguf/Q4_K_M.gguf")).unwrap();
    let ids = &numbers(&golden()["ids"])[..20];
    let hidden = model
        .forward(ids, &Segments::packed(&[20]), None, None)
        .unwrap();
    let rows: Vec<u32> = (0..19).collect();
    let found = loss::token_log_probs(&model, &hidden, &rows, &ids[1..])
        .unwrap()
        .to_vec1::<f32>()
        .unwrap();
    let logits = model.logits(&hidden).unwrap().to_vec2::<f32>().unwrap();
    for (row, found) in found.iter().enumerate() {
        let sum: f64 = logits[row]
            .iter()
            .map(|logit| f64::from(*logit).exp())
            .sum();
        let expected = f64::from(logits[row][ids[row + 1] as usize]) - sum.ln();
        assert!((f64::from(*found) - expected).abs() < 1e-4);
    }
}

#[test]
fn a_quantized_model_generates_the_same_with_any_split_of_the_prompt() {
    let model = Qwen2::load_gguf(&fixtures().join("gguf/Q4_K_M.gguf")).unwrap();
    let ids = numbers(&golden()["ids"]);
    let run = |cached: usize| {
        let mut cache = KvCache::new(model.config());
        if cached > 0 {
            model
                .forward(
                    &ids[..cached],
                    &Segments::next(0, cached),
                    Some(&mut cache),
                    None,
                )
                .unwrap();
        }
        let sampling = Sampling::greedy(12);
        generate(
            &model,
            &mut cache,
            &ids[cached..],
            &sampling,
            0,
            &[],
            &mut |_| ControlFlow::Continue(()),
        )
        .unwrap()
    };
    assert_eq!(run(0), run(17));
}

#[test]
fn foreign_bytes_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(fixtures().join("gguf/Q4_K_M.gguf")).unwrap();
    let path = folder.path().join("cut.gguf");
    for length in [
        0,
        3,
        4,
        12,
        24,
        100,
        5_000,
        43_000,
        43_400,
        whole.len() / 2,
        whole.len() - 1,
    ] {
        fs::File::create(&path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, &whole[..length]))
            .unwrap();
        assert!(Qwen2::load_gguf(&path).is_err(), "{length} bytes");
    }
    let error = Checkpoint::open_file(&path).unwrap_err().to_string();
    assert!(error.contains("cut.gguf"), "{error}");
}

/// The golden model with its matrices as `Q5_0`, and as the f32 values that these stand for.
#[test]
fn five_bit_matrices_run_on_the_values_they_stand_for() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = Checkpoint::open(&fixtures().join("gguf/hf")).unwrap();
    let (golden_header, _) = gguf_hostile::golden();
    let config = persona_model::Qwen2Config::load(&fixtures().join("gguf/hf")).unwrap();
    let load = |dequantized: bool| {
        let (mut described, mut data) = (Vec::new(), Vec::new());
        for spec in tensors::all(&config) {
            let values = checkpoint
                .shaped(&spec.name, &spec.shape, DType::F32, &Device::Cpu)
                .unwrap();
            let blocks = QTensor::quantize(
                &values,
                if spec.shape.len() == 2 {
                    GgmlDType::Q5_0
                } else {
                    GgmlDType::F32
                },
            )
            .unwrap();
            let (kind, bytes) = if dequantized || spec.shape.len() == 1 {
                let values = blocks.dequantize(&Device::Cpu).unwrap();
                let values: Vec<f32> = values.flatten_all().unwrap().to_vec1().unwrap();
                let bytes = values.into_iter().flat_map(f32::to_le_bytes).collect();
                (TensorType::F32, bytes)
            } else {
                (TensorType::Q5_0, blocks.data().unwrap().into_owned())
            };
            data.extend(bytes);
            data.resize(data.len().next_multiple_of(32), 0);
            let innermost_first = spec.shape.iter().rev().map(|&size| size as u64);
            described.push((spec.gguf, innermost_first.collect(), kind));
        }
        let header = Header::new(golden_header.metadata.clone(), described);
        Qwen2::load_gguf(&gguf_hostile::write(folder.path(), &header, &data)).unwrap()
    };
    let ids = numbers(&golden()["ids"]);
    let logits = |model: &Qwen2| {
        let hidden = model
            .forward(&ids, &Segments::packed(&[ids.len()]), None, None)
            .unwrap();
        let logits = model.logits(&hidden).unwrap();
        logits.flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    let (found, expected) = (logits(&load(false)), logits(&load(true)));
    let sum: f32 = found
        .iter()
        .zip(&expected)
        .map(|(found, expected)| (found - expected).abs())
        .sum();
    let difference = sum / found.len() as f32;
    // Effect of the 8-bit activations alone, as in the test of the golden file.
    assert!(difference > 0.0 && difference < 0.06, "{difference}");
}

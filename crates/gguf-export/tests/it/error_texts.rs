//! What people are told, whole.

use std::io;

use gguf_export::{Error, Quant};
use persona_core::{FileError, describe};

#[test]
fn errors() {
    let errors = [
        Error::File(FileError::write("persona-f16.gguf".as_ref())(
            io::ErrorKind::StorageFull.into(),
        )),
        Error::Model(persona_model::Error::MissingTensor {
            path: "models/tiny".into(),
            name: "model.norm.weight".to_owned(),
        }),
        Error::MissingTensor {
            path: "models/tiny".into(),
            name: "model.norm.weight".to_owned(),
        },
        Error::UnknownTensor {
            path: "models/tiny".into(),
            name: "vision.patch".to_owned(),
        },
        Error::Shape {
            path: "models/tiny".into(),
            name: "model.norm.weight".to_owned(),
            found: vec![32],
            expected: vec![64],
        },
        Error::DType {
            path: "models/tiny".into(),
            name: "model.norm.weight".to_owned(),
            found: "I8".to_owned(),
        },
        Error::Adapter {
            path: "runs/first/sft/adapter".into(),
            message: "has no `r`".to_owned(),
        },
        Error::Tokenizer {
            path: "tokenizer.json".into(),
            message: "token 7 is there twice".to_owned(),
        },
        Error::Value {
            name: "model.norm.weight".to_owned(),
            row: 3,
            column: 14,
            value: f32::INFINITY,
            stored_as: "F16",
        },
        Error::Quantize {
            name: "model.norm.weight".to_owned(),
            source: candle_core::Error::Msg("no whole blocks".to_owned()),
        },
        Error::SelfTest {
            file: "persona-q4_k_m.gguf".to_owned(),
            quant: Quant::Q4KM,
            message: "divergence 0.9, expected at most 0.2".to_owned(),
        },
        Error::Setting {
            key: "name",
            found: "``".to_owned(),
            expected: "a file name",
        },
        Error::Interrupted,
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot write `persona-f16.gguf`
    caused by: no storage space
    hint: the disk that holds `persona-f16.gguf` is full: free some space and run the same command again, it goes on where it stopped

    `models/tiny` has no tensor `model.norm.weight`
    hint: expected a Qwen2 model in Hugging Face layout: config.json, model.safetensors (or shards with an index), tokenizer.json

    `models/tiny` has no tensor `model.norm.weight`, which its config.json asks for
    hint: expected an unquantized Qwen2 or Qwen2.5 model in Hugging Face layout; a checkpoint that was saved in 4 bits cannot be merged onto

    `models/tiny` has a tensor `vision.patch` that the Qwen2 model of its config.json does not have
    hint: expected an unquantized Qwen2 or Qwen2.5 model in Hugging Face layout; a checkpoint that was saved in 4 bits cannot be merged onto

    `models/tiny`: tensor `model.norm.weight` has shape [32], expected [64]
    hint: expected an unquantized Qwen2 or Qwen2.5 model in Hugging Face layout; a checkpoint that was saved in 4 bits cannot be merged onto

    `models/tiny`: tensor `model.norm.weight` has type I8, expected F32, F16 or BF16

    adapter `runs/first/sft/adapter`: has no `r`
    hint: an adapter only fits the base model it was trained on: give that base with --from-hf, or export the run as a whole with --run NAME alone

    tokenizer `tokenizer.json`: token 7 is there twice
    hint: take tokenizer.json and tokenizer_config.json from where the base model came from

    tensor `model.norm.weight`, row 3, column 14: inf cannot be stored as F16

    tensor `model.norm.weight` could not be quantized
    caused by: no whole blocks

    `persona-q4_k_m.gguf` failed its self-test and was removed: divergence 0.9, expected at most 0.2
    hint: compare the figure with `[export.self_test]` in persona.toml; a wide gap means that the weights do not survive this type, try q8_0

    `name` is ``, expected a file name

    interrupted
    hint: run the same command again: finished files are kept
    ");
}

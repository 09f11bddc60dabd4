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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

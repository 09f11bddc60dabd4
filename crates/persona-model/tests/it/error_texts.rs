//! What people are told, whole.

use std::io;

use persona_core::{FileError, describe};
use persona_model::Error;

fn missing(file: &str, purpose: &str) -> Error {
    Error::MissingFile {
        folder: "models/tiny".into(),
        file: file.to_owned(),
        purpose: purpose.to_owned(),
    }
}

#[test]
fn errors() {
    let errors = [
        Error::File(FileError::read("config.json".as_ref())(
            io::ErrorKind::NotFound.into(),
        )),
        missing("tokenizer.json", "a model with its tokenizer"),
        missing("model.safetensors", "the weights of a model"),
        Error::MissingTensor {
            path: "models/tiny".into(),
            name: "model.norm.weight".to_owned(),
        },
        Error::Shape {
            name: "model.norm.weight".to_owned(),
            found: vec![32],
            expected: vec![64],
        },
        Error::adapter("runs/first/sft/adapter".as_ref(), "has no `r`"),
        Error::Config {
            key: "num_attention_heads".to_owned(),
            found: "7".to_owned(),
            expected: "a divisor of 64".to_owned(),
        },
        Error::Input("3 ids, but segments of 4".to_owned()),
        Error::tokenizer("tokenizer.json".as_ref(), "the model is of type null"),
        Error::MissingToken {
            path: "tokenizer.json".into(),
            token: "<|im_end|>",
        },
        Error::VocabularySize {
            wanted: 2000,
            reached: 1200,
        },
        Error::NoRoom {
            needed: 40,
            max_tokens: 32,
        },
        Error::Tensor(candle_core::Error::Msg("shapes do not match".to_owned())),
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

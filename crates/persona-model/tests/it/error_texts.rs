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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot read `config.json`
    caused by: entity not found
    hint: check the path; relative paths start at the current folder

    `models/tiny` has no `tokenizer.json`, expected a model with its tokenizer
    hint: a base model folder needs tokenizer.json and tokenizer_config.json beside its weights; copy them from where the model came from

    `models/tiny` has no `model.safetensors`, expected the weights of a model
    hint: expected a Qwen2 model in Hugging Face layout: config.json, model.safetensors (or shards with an index), tokenizer.json

    `models/tiny` has no tensor `model.norm.weight`
    hint: expected a Qwen2 model in Hugging Face layout: config.json, model.safetensors (or shards with an index), tokenizer.json

    tensor `model.norm.weight` has shape [32], expected [64]

    adapter `runs/first/sft/adapter`: has no `r`
    hint: an adapter only fits the base model it was trained on

    `num_attention_heads` is 7, expected a divisor of 64

    inconsistent input: 3 ids, but segments of 4

    tokenizer `tokenizer.json`: the model is of type null

    tokenizer `tokenizer.json` has no `<|im_end|>` among its added tokens
    hint: Persona speaks ChatML: take a base model whose tokenizer has <|im_start|>, <|im_end|> and <|endoftext|>, such as Qwen2.5

    vocabulary of 2000 ids wanted, but the texts give 1200
    hint: a vocabulary holds at least 256 bytes and 3 ChatML tokens; give more text, or ask for fewer ids

    a prompt without any context takes 40 tokens, but only 32 are allowed
    hint: allow longer sequences, or shorten the system prompt

    tensor operation failed
    caused by: shapes do not match
    ");
}

//! Training a tokenizer of our own.

use std::{fs, path::Path};

use persona_model::tokenizer::train_bpe;
use serde_json::Value;

use crate::fixtures::read_json;

#[test]
fn training_gives_a_tokenizer_of_the_wanted_size_and_repeats() {
    let texts: Vec<String> = (0..400)
        .map(|n| {
            format!(
                "message {n} about the cache, café {} <|im_end|>\n  ok?",
                n * n
            )
        })
        .collect();
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tok = train_bpe(texts.iter(), 280, first.path()).unwrap();
    train_bpe(texts.iter().rev(), 280, second.path()).unwrap();
    for name in ["tokenizer.json", "tokenizer_config.json"] {
        let read = |folder: &Path| fs::read(folder.join(name)).unwrap();
        assert_eq!(read(first.path()), read(second.path()), "{name}");
    }
    let specials = tok.specials();
    assert_eq!(tok.vocab_size(), 280);
    assert_eq!(
        (specials.end_of_text, specials.im_start, specials.im_end),
        (277, 278, 279)
    );
    assert!(tok.encode("message").len() < "message".len());
    assert_eq!(tok.decode(&tok.encode(&texts[7])), texts[7]);

    // Nothing but the vocabulary differs from a tokenizer that transformers wrote.
    let ours = json_file(&first.path().join("tokenizer.json"));
    let theirs = read_json("model/tokenizer.json");
    for key in [
        "version",
        "truncation",
        "padding",
        "normalizer",
        "pre_tokenizer",
        "post_processor",
    ] {
        assert_eq!(ours[key], theirs[key], "{key}");
    }
    let ours = json_file(&first.path().join("tokenizer_config.json"));
    let theirs = read_json("model/tokenizer_config.json");
    let differing: Vec<&String> = theirs
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, value)| ours[key.as_str()] != **value)
        .map(|(key, _)| key)
        .collect();
    assert_eq!(differing, ["added_tokens_decoder", "model_max_length"]);
}

#[test]
fn training_on_too_little_text_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let error = train_bpe(["hello hello"].into_iter(), 4096, folder.path()).unwrap_err();
    insta::assert_snapshot!(error, @"vocabulary of 4096 ids wanted, but the texts give 263");
    assert!(!folder.path().join("tokenizer.json").exists());
}

fn json_file(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

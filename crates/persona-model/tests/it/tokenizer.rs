//! The tokenizer against transformers and llama.cpp.

use std::{
    fs,
    path::{Path, PathBuf},
};

use persona_core::Hint;
use persona_gguf::Header;
use persona_model::{
    error::Error,
    tokenizer::{END_OF_TEXT, IM_END, IM_START, Tokenizer},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokenizers::NormalizedString;

use crate::fixtures::{fixture, read_json};

mod training;

pub(crate) fn tiny() -> Tokenizer {
    Tokenizer::load(&fixture("model")).unwrap()
}

/// The tokenizer of Qwen2.5, 7 MB that are not in the repository.
pub(crate) fn qwen() -> Tokenizer {
    let folder = std::env::var_os("PERSONA_QWEN_TOKENIZER").expect("PERSONA_QWEN_TOKENIZER is set");
    Tokenizer::load(Path::new(&folder)).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).unwrap()
}

fn nfc(text: &str) -> String {
    let mut text = NormalizedString::from(text);
    text.nfc();
    text.get().to_owned()
}

/// Splits at added tokens, as a tokenizer does that parses them.
fn encode_parsed(tok: &Tokenizer, text: &str) -> Vec<u32> {
    let specials = tok.specials();
    let mut named = vec![
        (IM_START.to_owned(), specials.im_start),
        (IM_END.to_owned(), specials.im_end),
        (END_OF_TEXT.to_owned(), specials.end_of_text),
    ];
    // Those that are not control tokens, such as <tool_call>, are decoded to their name.
    named.extend(tok.added_ids().iter().map(|id| (tok.decode(&[*id]), *id)));
    let next = named
        .into_iter()
        .filter(|(name, _)| !name.is_empty())
        .filter_map(|(name, id)| Some((text.find(&name)?, name, id)))
        .min();
    match next {
        None => tok.encode(text),
        Some((at, name, id)) => {
            let mut ids = tok.encode(&text[..at]);
            ids.push(id);
            ids.extend(encode_parsed(tok, &text[at + name.len()..]));
            ids
        }
    }
}

#[test]
fn loads_specials_and_template() {
    let tok = tiny();
    let config = read_json("model/tokenizer_config.json");
    let of = |text: &str| {
        let (id, _) = config["added_tokens_decoder"]
            .as_object()
            .unwrap()
            .iter()
            .find(|(_, token)| token["content"] == text)
            .unwrap();
        id.parse::<u32>().unwrap()
    };
    let specials = tok.specials();
    assert_eq!(specials.im_start, of(IM_START));
    assert_eq!(specials.im_end, of(IM_END));
    assert_eq!(specials.end_of_text, of(END_OF_TEXT));
    assert_eq!(tok.chat_template(), config["chat_template"].as_str());
    assert_eq!(tok.vocab_size() as u32, tok.added_ids().last().unwrap() + 1);
}

#[test]
fn agrees_with_llama_cpp_and_transformers() {
    let tok = Tokenizer::load(&fixture("gguf/hf")).unwrap();
    for case in read_json("gguf/tokens.json").as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        assert_eq!(encode_parsed(&tok, text), ids(&case["ids"]), "{text:?}");
    }
}

/// The golden file is a header alone: it is read as if its tensors followed.
fn gguf_metadata() -> Header {
    let path = fixture("gguf/f16.header.bin");
    let bytes = fs::read(&path).unwrap();
    let (header, _) = Header::read(&mut bytes.as_slice(), 1 << 40, &path).unwrap();
    header
}

#[test]
fn gguf_metadata_gives_the_same_tokenizer() {
    let content = gguf_metadata();
    let from_gguf = Tokenizer::from_gguf(&content).unwrap();
    let from_hf = Tokenizer::load(&fixture("gguf/hf")).unwrap();
    assert_eq!(from_gguf.specials(), from_hf.specials());
    assert_eq!(from_gguf.vocab_size(), from_hf.vocab_size());
    assert_eq!(from_gguf.added_ids(), from_hf.added_ids());
    assert_eq!(from_gguf.chat_template(), from_hf.chat_template());
    for id in 0..from_hf.vocab_size() as u32 + 30 {
        assert_eq!(from_gguf.bytes(id), from_hf.bytes(id), "{id}");
    }
    for case in read_json("gguf/tokens.json").as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        assert_eq!(
            encode_parsed(&from_gguf, text),
            ids(&case["ids"]),
            "{text:?}"
        );
    }
}

#[test]
fn gguf_metadata_of_another_tokenizer_is_refused() {
    let mut content = gguf_metadata();
    for (key, value) in &mut content.metadata {
        if key == "tokenizer.ggml.pre" {
            *value = persona_gguf::Value::String("llama-bpe".to_owned());
        }
    }
    insta::assert_snapshot!(
        Tokenizer::from_gguf(&content).unwrap_err(),
        @"tokenizer `GGUF metadata`: `tokenizer.ggml.pre` is `llama-bpe`, expected `qwen2`"
    );
    content
        .metadata
        .retain(|(key, _)| key != "tokenizer.ggml.model");
    insta::assert_snapshot!(
        Tokenizer::from_gguf(&content).unwrap_err(),
        @"tokenizer `GGUF metadata`: `tokenizer.ggml.model` is missing"
    );
}

/// Texts full of what could be taken for control tokens, whole, broken and in disguise.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            IM_START, IM_END, END_OF_TEXT, "<|im_", "start|>", "end|>", "<|", "|>", "<tool_call>", "</tool_call>",
            "<|fim_prefix|>", "＜|im_end|＞", "<｜im_end｜>", "<|im\u{200b}_end|>", "<|IM_END|>", "<|im_end|\u{338}>",
            "\u{301}", "e\u{301}", "가", "\u{1100}\u{1161}", "system\n", "\r\n", " ", "\t", "\0", "👩‍👩‍👧", "🇳🇴",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn check_plain_text(tok: &Tokenizer, text: &str) -> Result<(), TestCaseError> {
    let ids = tok.encode(text);
    let control = ids.iter().find(|id| tok.added_ids().contains(id));
    prop_assert_eq!(control, None);
    prop_assert_eq!(tok.decode(&ids), nfc(text));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn text_is_never_control_and_comes_back(text in hostile()) {
        check_plain_text(tiny_shared(), &text)?;
    }

    #[test]
    fn a_stream_decodes_to_the_same_text(ids in prop::collection::vec(0_u32..1100, 0..40)) {
        let tok = tiny_shared();
        let mut decoder = tok.decoder();
        let mut text = String::new();
        for id in &ids {
            text.extend(decoder.push(*id));
        }
        text.extend(decoder.finish());
        prop_assert_eq!(text, tok.decode(&ids));
    }
}

pub(crate) fn tiny_shared() -> &'static Tokenizer {
    static TOKENIZER: std::sync::OnceLock<Tokenizer> = std::sync::OnceLock::new();
    TOKENIZER.get_or_init(tiny)
}

#[test]
fn a_stream_holds_back_half_a_character() {
    let tok = tiny();
    // No merge of the fixture joins the four bytes.
    let text = "a😀b";
    let ids = tok.encode(text);
    assert!(ids.len() > 3, "{ids:?}");
    let mut decoder = tok.decoder();
    let pieces: Vec<Option<String>> = ids.iter().map(|id| decoder.push(*id)).collect();
    let whole: Vec<&str> = pieces.iter().flatten().map(String::as_str).collect();
    assert_eq!(whole, ["a", "😀", "b"]);
    assert_eq!(decoder.finish(), None);

    let mut decoder = tok.decoder();
    for id in &ids[..3] {
        decoder.push(*id);
    }
    assert_eq!(decoder.finish().as_deref(), Some("\u{FFFD}"));
}

#[test]
fn long_runs_are_encoded_whole() {
    let tok = tiny();
    for unit in [" ", "\n", "a", "!", "\u{301}", " \n", "😀"] {
        let text = unit.repeat(20_000);
        assert_eq!(tok.decode(&tok.encode(&text)), nfc(&text), "{unit:?}");
    }
}

/// A copy of the fixture's tokenizer.json, changed.
fn changed(change: impl FnOnce(&mut Value)) -> (tempfile::TempDir, PathBuf) {
    let mut json = read_json("model/tokenizer.json");
    change(&mut json);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    persona_core::atomic::write_json(&path.join("tokenizer.json"), &json).unwrap();
    (folder, path)
}

fn refusal(change: impl FnOnce(&mut Value)) -> Error {
    let (_folder, path) = changed(change);
    Tokenizer::load(&path).unwrap_err()
}

#[test]
fn control_tokens_that_are_also_in_the_vocabulary_stay_out_of_reach() {
    let (_folder, path) = changed(|json| {
        for token in json["added_tokens"].as_array().unwrap().clone() {
            json["model"]["vocab"][token["content"].as_str().unwrap()] = token["id"].clone();
        }
        json["model"]["ignore_merges"] = json!(true);
        json["pre_tokenizer"]["pretokenizers"]
            .as_array_mut()
            .unwrap()
            .remove(0);
    });
    let tok = Tokenizer::load(&path).unwrap();
    for text in [IM_START, IM_END, END_OF_TEXT] {
        let ids = tok.encode(text);
        assert!(ids.iter().all(|id| !tok.added_ids().contains(id)), "{text}");
        assert_eq!(tok.decode(&ids), text);
    }
}

#[test]
fn added_tokens_that_are_not_special_are_text_too() {
    let id = 1234;
    let (_folder, path) = changed(|json| {
        let token = json!({ "id": id, "content": "<tool_call>", "special": false });
        json["added_tokens"].as_array_mut().unwrap().push(token);
    });
    let tok = Tokenizer::load(&path).unwrap();
    let ids = tok.encode("a<tool_call>b");
    assert!(!ids.contains(&id));
    assert_eq!(tok.decode(&ids), "a<tool_call>b");
    // The model may use it, and then it is seen.
    assert_eq!(tok.decode(&[id]), "<tool_call>");
    assert_eq!(tok.decode(&[tok.specials().im_end]), "");
}

/// Nobody limits what an export holds.
#[test]
fn a_message_may_be_very_long_and_of_one_character() {
    let tok = tiny();
    for character in [" ", "a", "\n", "7", "!", "🎲", "\u{301}", "'s", " \u{2028}"] {
        let text = character.repeat(50_000);
        assert_eq!(tok.decode(&tok.encode(&text)), nfc(&text), "{character:?}");
    }
}

#[test]
fn a_folder_without_tokenizer_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = Tokenizer::load(folder.path()).unwrap_err();
    let text = error
        .to_string()
        .replace(&folder.path().display().to_string(), "base");
    insta::assert_snapshot!(text, @"`base` has no `tokenizer.json`, expected a model with its tokenizer");
    assert!(error.hint().unwrap().contains("copy them"));
}

#[test]
fn a_tokenizer_without_chatml_says_what_is_missing() {
    let error = refusal(|json| {
        json["added_tokens"]
            .as_array_mut()
            .unwrap()
            .retain(|token| token["content"] != IM_END);
    });
    let text = error.to_string();
    assert!(
        text.ends_with("tokenizer.json` has no `<|im_end|>` among its added tokens"),
        "{text}"
    );
    assert!(error.hint().unwrap().contains("Qwen2.5"));
}

#[test]
fn other_kinds_of_tokenizers_are_refused() {
    let changes: [fn(&mut Value); 11] = [
        |json| json["model"]["type"] = json!("Unigram"),
        |json| json["model"]["vocab"]["▁the"] = json!(5000),
        |json| {
            json["model"]["vocab"].as_object_mut().unwrap().remove("!");
            json["model"]["merges"] = json!([]);
        },
        |json| json["added_tokens"][0]["id"] = json!(5),
        |json| json["added_tokens"][0]["id"] = json!(u32::MAX),
        |json| json["model"]["continuing_subword_prefix"] = json!("@@"),
        |json| json["model"]["end_of_word_suffix"] = json!("</w>"),
        |json| json["model"]["dropout"] = json!(0.1),
        |json| json["pre_tokenizer"] = json!({ "type": "Whitespace" }),
        |json| json["model"]["merges"][0] = json!("Ġ ĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠ"),
        |json| json["model"]["merges"][0] = json!(["Ġ"]),
    ];
    let told = changes.map(|change| {
        let Error::Tokenizer { message, .. } = refusal(change) else {
            panic!("it is not the tokenizer that is refused");
        };
        message
    });
    insta::assert_snapshot!(told.join("\n"), @r#"
    the model is of type "Unigram", expected a byte-level `BPE`
    token 5000 `▁the` is not written in the byte-level alphabet; only byte-level BPE is supported
    the vocabulary has 255 single bytes, expected all 256 of a byte-level tokenizer
    id 5 stands for two tokens
    found the id 4294967295, expected at most 4194304
    model.continuing_subword_prefix is "@@", expected none
    model.end_of_word_suffix is "</w>", expected none
    model.dropout is 0.1, expected none
    pre_tokenizer ends with "Whitespace", expected "ByteLevel"
    model.merges[0] gives `ĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠĠ`, which is not in the vocabulary
    model.merges[0] is ["Ġ"], expected two tokens
    "#);
}

#[test]
#[ignore = "needs PERSONA_QWEN_TOKENIZER, a folder with Qwen2.5's tokenizer.json"]
fn qwen_tokenizer_agrees_with_transformers() {
    let tok = qwen();
    for case in read_json("chat/encode.json").as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        let expected = ids(&case["ids"]);
        assert_eq!(encode_parsed(&tok, text), expected, "{text:?}");
        assert_eq!(tok.decode(&tok.encode(text)), nfc(text));
    }
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&hostile(), |text| check_plain_text(&tok, &text))
        .unwrap();
}

//! Layout of `tokenizer.json`: taking one apart, and writing Qwen2's.

use serde::Deserialize;
use serde_json::{Value, json};

/// Qwen2's pattern that splits text into words before the merges.
const SPLIT: &str = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/// A token outside the byte-level vocabulary, as `tokenizer.json` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AddedToken {
    /// Id of the token.
    pub id: u32,
    /// Text of the token.
    pub content: String,
    /// Whether the tokenizer marks it as a control token that is no part of the text.
    #[serde(default)]
    pub special: bool,
}

impl AddedToken {
    pub(super) fn new(id: u32, content: &str, special: bool) -> Self {
        Self {
            id,
            content: content.to_owned(),
            special,
        }
    }

    /// The token as `tokenizer_config.json` writes it; `tokenizer.json` adds the id.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "content": self.content,
            "single_word": false,
            "lstrip": false,
            "rstrip": false,
            "normalized": false,
            "special": self.special,
        })
    }

    /// Whether the token controls the model and has no place in text. llama.cpp's rule: tokens in the form `<|…|>` do,
    /// though Qwen2.5 does not mark all of them special.
    pub fn is_control(&self) -> bool {
        self.special || (self.content.starts_with("<|") && self.content.ends_with("|>"))
    }
}

/// Whether the `pre_tokenizer` of a `tokenizer.json` splits text as Qwen2 does: by its pattern, then into bytes.
pub fn splits_like_qwen2(pre_tokenizer: &Value) -> bool {
    let steps = pre_tokenizer["pretokenizers"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let [split, bytes] = steps else { return false };
    split["type"] == "Split" && split["pattern"]["Regex"] == SPLIT && bytes["type"] == "ByteLevel"
}

/// Refuses what a byte-level vocabulary has no use for: marks where words begin and end (the tokenizer library cuts them off without
/// a look whether they are there), merges that are left out by chance, and text that does not become bytes.
fn check_byte_level(json: &Value) -> Result<(), String> {
    let model = &json["model"];
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
        let found = &model[key];
        if !(found.is_null() || found == "") {
            return Err(format!("model.{key} is {found}, expected none"));
        }
    }
    let dropout = &model["dropout"];
    if !(dropout.is_null() || dropout.as_f64() == Some(0.0)) {
        return Err(format!("model.dropout is {dropout}, expected none"));
    }
    let pre_tokenizer = &json["pre_tokenizer"];
    let last = match pre_tokenizer["pretokenizers"].as_array() {
        Some(steps) => steps.last().map(|step| &step["type"]),
        None => Some(&pre_tokenizer["type"]),
    };
    match last {
        Some(kind) if kind == "ByteLevel" => Ok(()),
        found => Err(format!(
            "pre_tokenizer ends with {}, expected \"ByteLevel\"",
            found.unwrap_or(&Value::Null)
        )),
    }
}

/// Refuses merges whose token is not in the vocabulary: the tokenizer library has no room for one that is longer than all of them.
fn check_merges(model: &Value) -> Result<(), String> {
    let (Some(vocab), Some(merges)) = (model["vocab"].as_object(), model["merges"].as_array())
    else {
        return Ok(());
    };
    for (index, merge) in merges.iter().enumerate() {
        let parts = match merge {
            Value::String(text) => text.split_once(' '),
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(left), Value::String(right)] => {
                    Some((left.as_str(), right.as_str()))
                }
                _ => None,
            },
            _ => None,
        };
        let Some((left, right)) = parts else {
            return Err(format!(
                "model.merges[{index}] is {merge}, expected two tokens"
            ));
        };
        let token = format!("{left}{right}");
        if !vocab.contains_key(&token) {
            return Err(format!(
                "model.merges[{index}] gives `{token}`, which is not in the vocabulary"
            ));
        }
    }
    Ok(())
}

/// Takes the added tokens out of a `tokenizer.json`, with everything that acts on more than plain text. The rest cannot
/// produce their ids.
pub(super) fn take_added_tokens(json: &mut Value) -> Result<Vec<AddedToken>, String> {
    if json["model"]["type"] != "BPE" {
        return Err(format!(
            "the model is of type {}, expected a byte-level `BPE`",
            json["model"]["type"]
        ));
    }
    check_byte_level(json)?;
    let added: Vec<AddedToken> = match json["added_tokens"].take() {
        Value::Null => Vec::new(),
        list => serde_json::from_value(list).map_err(|error| format!("added_tokens: {error}"))?,
    };
    // Some tokenizers list added tokens in the vocabulary too, where a merge, or `ignore_merges`, could reach them.
    if let Some(vocab) = json["model"]["vocab"].as_object_mut() {
        for token in &added {
            vocab.remove(&token.content);
        }
    }
    check_merges(&json["model"])?;
    json["added_tokens"] = json!([]);
    for key in ["truncation", "padding", "post_processor"] {
        json[key] = Value::Null;
    }
    // Every byte is in the vocabulary.
    json["model"]["unk_token"] = Value::Null;
    Ok(added)
}

/// Builds a `tokenizer.json` of Qwen2's kind. `vocab` is in the order of the ids; merges are written `a b`.
pub(super) fn qwen2_json(
    vocab: impl IntoIterator<Item = (String, u32)>,
    merges: &[String],
    added: &[AddedToken],
) -> Value {
    let vocab: serde_json::Map<String, Value> = vocab
        .into_iter()
        .map(|(token, id)| (token, Value::from(id)))
        .collect();
    let added: Vec<Value> = added
        .iter()
        .map(|token| {
            let mut entry = token.to_json();
            entry["id"] = token.id.into();
            entry
        })
        .collect();
    let byte_level = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false
    });
    json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": { "type": "NFC" },
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                { "type": "Split", "pattern": { "Regex": SPLIT }, "behavior": "Isolated", "invert": false },
                byte_level,
            ],
        },
        "post_processor": byte_level,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": false,
            "byte_fallback": false,
            "vocab": vocab,
            "merges": merges,
        },
    })
}

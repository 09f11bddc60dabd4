//! Metadata of a GGUF file, in llama.cpp's order, and after it what the model was trained with.

use std::path::Path;

use persona_core::{
    ConversationForm,
    json::{self, Document},
};
use persona_gguf::Value;
use persona_model::{config::Qwen2Config, form::to_metadata};
use serde_json::Value as Json;

use super::vocabulary::Vocabulary;
use crate::{config::Quant, error::Result};

/// Metadata and vocabulary that all files of one model share.
pub(crate) struct ModelMetadata {
    config: Qwen2Config,
    sampling: Vec<(String, Value)>,
    vocabulary: Vocabulary,
    title: String,
    size_label: String,
    /// What the model was trained with, where that is known.
    form: Vec<(String, Value)>,
}

impl ModelMetadata {
    /// Reads the files beside the weights in `folder`.
    pub(crate) fn load(
        folder: &Path,
        config: &Qwen2Config,
        name: &str,
        parameters: u64,
    ) -> Result<Self> {
        check_rope(folder)?;
        Ok(Self {
            config: config.clone(),
            sampling: sampling(folder)?,
            vocabulary: Vocabulary::load(folder, config.vocab_size)?,
            title: title(name),
            size_label: size_label(parameters),
            form: Vec::new(),
        })
    }

    /// Notes what the model was trained with.
    pub(crate) fn trained_with(&mut self, form: Option<&ConversationForm>) {
        self.form = form.map(to_metadata).unwrap_or_default();
    }

    /// Chat template, if the tokenizer has one.
    pub(crate) fn chat_template(&self) -> Option<&str> {
        self.vocabulary.chat_template.as_deref()
    }
}

/// Metadata of the file of type `quant`.
pub(crate) fn metadata(source: &ModelMetadata, quant: Quant) -> Vec<(String, Value)> {
    let text = |value: &str| Value::String(value.to_owned());
    let file_type = (
        "general.file_type".to_owned(),
        Value::U32(quant.file_type()),
    );
    let version = ("general.quantization_version".to_owned(), Value::U32(2));
    let mut all = Vec::new();
    let mut put = |key: &str, value: Value| all.push((key.to_owned(), value));
    put("general.architecture", text("qwen2"));
    put("general.type", text("model"));
    for (key, value) in &source.sampling {
        put(key, value.clone());
    }
    put("general.name", text(&source.title));
    put("general.size_label", text(&source.size_label));
    for (key, value) in hyperparameters(&source.config) {
        put(&format!("qwen2.{key}"), value);
    }
    // llama.cpp's quantizer moves these two keys to the end; its converter writes them here.
    if !quant.is_quantized() {
        put(&file_type.0, file_type.1.clone());
        put(&version.0, version.1.clone());
    }
    for (key, value) in source.vocabulary.metadata() {
        put(key, value);
    }
    if quant.is_quantized() {
        put(&version.0, version.1);
        put(&file_type.0, file_type.1);
    }
    for (key, value) in &source.form {
        put(key, value.clone());
    }
    all
}

fn hyperparameters(config: &Qwen2Config) -> [(&'static str, Value); 8] {
    let number = |value: usize| Value::U32(value as u32);
    [
        ("block_count", number(config.num_hidden_layers)),
        ("context_length", number(config.max_position_embeddings)),
        ("embedding_length", number(config.hidden_size)),
        ("feed_forward_length", number(config.intermediate_size)),
        ("attention.head_count", number(config.num_attention_heads)),
        (
            "attention.head_count_kv",
            number(config.num_key_value_heads),
        ),
        ("rope.freq_base", Value::F32(config.rope_theta as f32)),
        (
            "attention.layer_norm_rms_epsilon",
            Value::F32(config.rms_norm_eps as f32),
        ),
    ]
}

/// Sampling defaults that llama.cpp takes from the file; they come from the base's `generation_config.json`.
fn sampling(folder: &Path) -> Result<Vec<(String, Value)>> {
    let path = folder.join("generation_config.json");
    let Some(json) = json::read_optional::<Json>(&path)? else {
        return Ok(Vec::new());
    };
    let whole = |key: &str| json[key].as_i64().map(|number| Value::I32(number as i32));
    let float = |key: &str| json[key].as_f64().map(|number| Value::F32(number as f32));
    let found = [
        ("top_k", whole("top_k")),
        ("top_p", float("top_p")),
        ("min_p", float("min_p")),
        ("temp", float("temperature")),
        ("penalty_repeat", float("repetition_penalty")),
    ];
    Ok(found
        .into_iter()
        .filter_map(|(key, value)| Some((format!("general.sampling.{key}"), value?)))
        .collect())
}

/// Refuses a scaled rotary embedding: it would be written as an unscaled one, and the model would write nonsense.
fn check_rope(folder: &Path) -> Result<()> {
    let Some(file) = Document::read_optional(&folder.join("config.json"))? else {
        return Ok(());
    };
    for key in ["rope_scaling", "rope_parameters"] {
        let scaling = file.get(key);
        let kind = scaling["rope_type"]
            .as_str()
            .or_else(|| scaling["type"].as_str());
        if kind.is_some_and(|kind| kind != "default") {
            let expected = "none: scaled rotary embeddings are not supported";
            return Err(file.wrong(key, expected).into());
        }
    }
    let heads = file.get("num_attention_heads").as_u64().unwrap_or(1).max(1);
    let (found, hidden) = (file.get("head_dim"), file.get("hidden_size"));
    if let (Some(found), Some(hidden)) = (found.as_u64(), hidden.as_u64())
        && found != hidden / heads
    {
        let expected = format!("{}, the hidden size divided by the heads", hidden / heads);
        return Err(file.wrong("head_dim", &expected).into());
    }
    Ok(())
}

/// Title of a model: `persona-tiny` becomes `Persona Tiny`; words with capitals and versions stay as they are.
fn title(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let is_version = word
            .strip_prefix('v')
            .unwrap_or(word)
            .starts_with(|c: char| c.is_ascii_digit());
        match letters.next() {
            Some(first) if !is_version && !word.chars().any(char::is_uppercase) => {
                first.to_uppercase().chain(letters).collect()
            }
            _ => word.to_owned(),
        }
    };
    let words: Vec<String> = name
        .replace('-', " ")
        .split_whitespace()
        .map(word)
        .collect();
    words.join(" ")
}

/// Number of weights with at least two digits: `1.4M`, `494M`, `3.1B`.
fn size_label(parameters: u64) -> String {
    let (unit, suffix) = match parameters {
        0..=1_000_000 => (1e3, 'K'),
        1_000_001..=1_000_000_000 => (1e6, 'M'),
        1_000_000_001..=1_000_000_000_000 => (1e9, 'B'),
        _ => (1e12, 'T'),
    };
    let scaled = parameters as f64 / unit;
    let digits = format!("{:.0}", scaled.round_ties_even());
    let decimals = 2_usize.saturating_sub(digits.trim_start_matches('0').len());
    format!("{scaled:.decimals$}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_two_digits() {
        let labels = [
            1_444_096,
            494_032_768,
            3_085_938_688,
            72_706_203_648,
            950_000,
        ]
        .map(size_label);
        assert_eq!(labels, ["1.4M", "494M", "3.1B", "73B", "950K"]);
    }

    #[test]
    fn names_become_titles() {
        assert_eq!(title("persona-tiny"), "Persona Tiny");
        assert_eq!(title("persona"), "Persona");
        assert_eq!(title("Qwen2.5-3B v1.2 chat"), "Qwen2.5 3B v1.2 Chat");
    }
}

//! Sentence embeddings: against a plain loop over the same weights, and against sentence-transformers.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use candle_core::{DType, Device, Tensor, safetensors};
use persona_model::{
    Checkpoint, Error,
    embed::{Embedder, SentenceEmbedder},
};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::fixtures::{fixture, read_json};

mod reference;

use reference::{Reference, normalised, sum};

const HIDDEN: usize = 12;
const HEADS: usize = 3;
const WIDE: usize = 20;
const LAYERS: usize = 2;
const POSITIONS: usize = 16;
const WORDS: [&str; 8] = ["[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d", "e"];

type Weights = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// A tiny BERT with random weights, in the layout of the real ones.
fn write_tiny(folder: &Path) -> Weights {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let mut weights = Weights::new();
    let mut add = |name: String, shape: &[usize]| {
        let values = (0..shape.iter().product())
            .map(|_| random.random_range(-0.8..0.8))
            .collect();
        weights.insert(name, (shape.to_vec(), values));
    };
    add(
        "embeddings.word_embeddings.weight".into(),
        &[WORDS.len(), HIDDEN],
    );
    add(
        "embeddings.position_embeddings.weight".into(),
        &[POSITIONS, HIDDEN],
    );
    add(
        "embeddings.token_type_embeddings.weight".into(),
        &[2, HIDDEN],
    );
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..LAYERS {
        let prefix = format!("encoder.layer.{layer}");
        for (name, from, to) in [
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", HIDDEN, WIDE),
            ("output.dense", WIDE, HIDDEN),
        ] {
            add(format!("{prefix}.{name}.weight"), &[to, from]);
            add(format!("{prefix}.{name}.bias"), &[to]);
        }
        norms.push(format!("{prefix}.attention.output.LayerNorm"));
        norms.push(format!("{prefix}.output.LayerNorm"));
    }
    for norm in norms {
        add(format!("{norm}.weight"), &[HIDDEN]);
        add(format!("{norm}.bias"), &[HIDDEN]);
    }
    let tensors: HashMap<String, Tensor> = weights
        .iter()
        .map(|(name, (shape, values))| {
            let tensor = Tensor::from_vec(values.clone(), shape.as_slice(), &Device::Cpu).unwrap();
            (name.clone(), tensor)
        })
        .collect();
    safetensors::save(&tensors, folder.join("model.safetensors")).unwrap();
    write(folder, "config.json", &config());
    write(folder, "tokenizer.json", &tokenizer());
    weights
}

fn config() -> serde_json::Value {
    json!({
        "model_type": "bert", "vocab_size": WORDS.len(), "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": WIDE,
        "hidden_act": "gelu", "layer_norm_eps": 1e-12, "max_position_embeddings": POSITIONS,
    })
}

/// A tokenizer whose truncation and padding must be overridden.
fn tokenizer() -> serde_json::Value {
    let vocab: serde_json::Map<_, _> = (0..)
        .zip(WORDS)
        .map(|(id, word)| (word.to_owned(), json!(id)))
        .collect();
    let special = |id: u32| {
        json!({ "id": id, "content": WORDS[id as usize], "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true })
    };
    json!({
        "version": "1.0",
        "truncation": { "direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0 },
        "padding": { "strategy": { "Fixed": 9 }, "direction": "Right", "pad_to_multiple_of": null,
                     "pad_id": 0, "pad_type_id": 0, "pad_token": "[UNK]" },
        "added_tokens": [special(0), special(1), special(2)],
        "normalizer": null,
        "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": { "type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1] },
        "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]" },
    })
}

fn write(folder: &Path, name: &str, value: &serde_json::Value) {
    persona_core::atomic::write_json(&folder.join(name), value).unwrap();
}

fn greatest_difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    left.iter()
        .zip(right)
        .map(|(l, r)| (l - r).abs())
        .max_by(f32::total_cmp)
        .unwrap()
}

const TEXTS: [&str; 6] = ["a b c", "", "e", "d d a b e c zzz b", "c b a", "b"];

fn ids_of(text: &str) -> Vec<usize> {
    let id = |word: &str| WORDS.iter().position(|known| *known == word).unwrap_or(0);
    let words = text.split_whitespace().map(id);
    std::iter::once(1).chain(words).chain([2]).collect()
}

#[test]
fn agrees_with_bert_written_as_loops() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Reference(write_tiny(folder.path()));
    for pooling in ["none", "mean", "cls"] {
        if pooling != "none" {
            let config = json!({
                "word_embedding_dimension": HIDDEN,
                "pooling_mode_cls_token": pooling == "cls",
                "pooling_mode_mean_tokens": pooling == "mean",
                "pooling_mode_max_tokens": false,
            });
            write(folder.path(), "1_Pooling/config.json", &config);
        }
        let embedder = SentenceEmbedder::load(folder.path()).unwrap();
        for (text, vector) in TEXTS.iter().zip(embedder.embed(&TEXTS).unwrap()) {
            let hidden = reference.forward(&ids_of(text));
            let pooled = if pooling == "cls" {
                hidden[0].clone()
            } else {
                hidden
                    .iter()
                    .fold(vec![0.0; HIDDEN], |total, x| sum(&total, x))
            };
            let difference = greatest_difference(&vector, &normalised(&pooled));
            assert!(difference < 1e-5, "{pooling}, {text:?}: {difference}");
        }
    }
}

#[test]
fn a_text_longer_than_the_model_is_cut_before_its_last_token() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Reference(write_tiny(folder.path()));
    let embedder = SentenceEmbedder::load(folder.path()).unwrap();
    let text = "a b c d e ".repeat(10);
    let mut ids = ids_of(&text);
    ids.truncate(POSITIONS - 1);
    ids.push(2);
    let hidden = reference.forward(&ids);
    let pooled = hidden
        .iter()
        .fold(vec![0.0; HIDDEN], |total, x| sum(&total, x));
    let vector = &embedder.embed(&[&text]).unwrap()[0];
    assert!(greatest_difference(vector, &normalised(&pooled)) < 1e-5);
}

fn tiny() -> &'static SentenceEmbedder {
    static EMBEDDER: std::sync::OnceLock<SentenceEmbedder> = std::sync::OnceLock::new();
    EMBEDDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        write_tiny(folder.path());
        SentenceEmbedder::load(folder.path()).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn a_text_has_one_vector_whatever_it_is_embedded_with(
        texts in prop::collection::vec("([a-e] ){0,20}", 1..300)
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let vectors = tiny().embed(&texts).unwrap();
        prop_assert_eq!(vectors.len(), texts.len());
        for (index, vector) in vectors.iter().enumerate() {
            let length: f32 = vector.iter().map(|x| x * x).sum();
            prop_assert!((length - 1.0).abs() < 1e-5);
            if index % 29 == 0 {
                let alone = &tiny().embed(&texts[index..=index]).unwrap()[0];
                prop_assert!(greatest_difference(vector, alone) < 1e-5);
            }
        }
    }
}

#[test]
fn nothing_gives_nothing() {
    assert!(tiny().embed(&[]).unwrap().is_empty());
}

#[test]
fn models_that_are_not_bert_are_refused() {
    let refusal = |name: &str, value: &serde_json::Value| {
        let folder = tempfile::tempdir().unwrap();
        write_tiny(folder.path());
        write(folder.path(), name, value);
        SentenceEmbedder::load(folder.path())
            .err()
            .unwrap()
            .to_string()
    };
    let with = |key: &str, value: serde_json::Value| {
        let mut config = config();
        config[key] = value;
        config
    };
    insta::assert_snapshot!(
        refusal("config.json", &with("model_type", json!("roberta"))),
        @"`model_type` is `roberta`, expected bert"
    );
    insta::assert_snapshot!(
        refusal("config.json", &with("hidden_act", json!("swish"))),
        @"`hidden_act` is `swish`, expected gelu or gelu_new or relu"
    );
    insta::assert_snapshot!(
        refusal("config.json", &with("num_attention_heads", json!(5))),
        @"`num_attention_heads` is 5, expected a divisor of hidden_size 12"
    );
    insta::assert_snapshot!(
        refusal("config.json", &with("intermediate_size", json!(24))),
        @"tensor `encoder.layer.0.intermediate.dense.weight` has shape [20, 12], expected [24, 12]"
    );
    insta::assert_snapshot!(
        refusal("1_Pooling/config.json", &json!({ "pooling_mode_max_tokens": true })),
        @"`1_Pooling/config.json` is mean false, cls false, other pooling_mode_max_tokens, expected either mean or cls pooling"
    );
    insta::assert_snapshot!(
        refusal("modules.json", &json!([{ "type": "sentence_transformers.models.Dense" }])),
        @"`modules.json` is sentence_transformers.models.Dense, expected Transformer, Pooling and Normalize only"
    );
    let empty = tempfile::tempdir().unwrap();
    let error = SentenceEmbedder::load(empty.path()).err().unwrap();
    assert!(matches!(error, Error::MissingFile { file, .. } if file == "config.json"));
}

#[test]
#[ignore = "needs PERSONA_MINILM, a folder with all-MiniLM-L6-v2"]
fn minilm_agrees_with_sentence_transformers() {
    let folder = std::env::var_os("PERSONA_MINILM").expect("PERSONA_MINILM is set");
    let embedder = SentenceEmbedder::load(Path::new(&folder)).unwrap();
    let sentences = read_json("embed/sentences.json")["sentences"].clone();
    let sentences: Vec<String> = serde_json::from_value(sentences).unwrap();
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let golden = Checkpoint::open_file(&fixture("embed/embed.safetensors")).unwrap();
    let golden = golden
        .tensor("embeddings", DType::F32, &Device::Cpu)
        .unwrap();
    let golden = golden.to_vec2::<f32>().unwrap();
    let vectors = embedder.embed(&texts).unwrap();
    let worst = vectors
        .iter()
        .zip(&golden)
        .map(|(found, expected)| greatest_difference(found, expected))
        .max_by(f32::total_cmp)
        .unwrap();
    eprintln!(
        "greatest difference over {} sentences: {worst:e}",
        texts.len()
    );
    assert!(worst < 2e-6, "{worst}");
}

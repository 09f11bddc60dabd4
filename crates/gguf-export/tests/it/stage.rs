//! The whole stage with its self-test: repeatable bytes, untied and padded models, failures that leave nothing behind.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor};
use gguf_export::{Config, Error, Quant, SelfTest};
use persona_gguf::{Header, TensorType, Value};
use persona_model::{Tokenizer, weights::Checkpoint};

use super::{copy, edit, export, fixtures, untested};

fn files_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_of(&path));
        } else {
            files.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    files
}

#[test]
fn every_type_passes_its_self_test_and_repeats_to_the_byte() {
    let out = tempfile::tempdir().unwrap();
    let adapter = fixtures().join("lora/adapter");
    let config = Config {
        quants: Quant::ALL.to_vec(),
        ..Config::default()
    };
    let base = fixtures().join("model");
    let report = export(&config, &base, Some(&adapter), out.path(), "persona").unwrap();
    let tests: Vec<_> = report
        .files
        .iter()
        .map(|file| file.self_test.clone().unwrap())
        .collect();
    assert!(tests.iter().all(|test| test.positions > 10));
    assert!(
        tests[0].cosine > 0.999_999 && tests[0].kl.abs() < 1e-6,
        "f32: {:?}",
        tests[0]
    );
    assert!(
        tests[3].cosine > tests[4].cosine,
        "8 bits are nearer than 4"
    );
    assert!(tests[4].kl > tests[0].kl);
    let names: Vec<_> = report.files.iter().map(|file| file.file.as_str()).collect();
    assert_eq!(
        names,
        [
            "persona-f32.gguf",
            "persona-f16.gguf",
            "persona-bf16.gguf",
            "persona-q8_0.gguf",
            "persona-q4_k_m.gguf"
        ]
    );
    let modelfile = fs::read_to_string(out.path().join(&report.modelfile)).unwrap();
    assert!(modelfile.contains("FROM ./persona-q4_k_m.gguf"));
    let first = files_of(out.path());
    assert_eq!(
        first
            .keys()
            .filter(|path| path.to_string_lossy().contains("untested"))
            .count(),
        0
    );
    export(&config, &base, Some(&adapter), out.path(), "persona").unwrap();
    assert!(
        files_of(out.path()) == first,
        "a second run writes other bytes"
    );
}

#[test]
fn a_file_that_fails_its_self_test_is_not_kept() {
    let out = tempfile::tempdir().unwrap();
    let self_test = SelfTest {
        min_cosine_q4_k_m: 1.1,
        ..SelfTest::default()
    };
    let config = Config {
        quants: vec![Quant::Q8_0, Quant::Q4KM],
        self_test,
        ..Config::default()
    };
    let error = export(
        &config,
        &fixtures().join("gguf/hf"),
        None,
        out.path(),
        "persona",
    )
    .unwrap_err();
    assert!(
        matches!(
            &error,
            Error::SelfTest {
                quant: Quant::Q4KM,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        error.to_string().contains("expected at least 1.1"),
        "{error}"
    );
    let mut left: Vec<_> = fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["merged", "persona-q8_0.gguf"]);
}

/// The golden model with an output matrix of its own, in several files.
fn untied(folder: &Path) {
    let from = fixtures().join("gguf/hf");
    copy(&from, folder);
    edit(&folder.join("config.json"), |config| {
        config["tie_word_embeddings"] = false.into();
    });
    let golden = Checkpoint::open(&from).unwrap();
    let mut tensors: BTreeMap<String, Tensor> = golden
        .names()
        .map(|name| {
            (
                name.to_owned(),
                golden.tensor(name, DType::BF16, &Device::Cpu).unwrap(),
            )
        })
        .collect();
    let embedding = tensors["model.embed_tokens.weight"].clone();
    tensors.insert("lm_head.weight".to_owned(), embedding.neg().unwrap());
    fs::remove_file(folder.join("model.safetensors")).unwrap();
    safetensors::serialize_to_file(tensors, None, &folder.join("model.safetensors")).unwrap();
}

#[test]
fn an_untied_model_in_shards_keeps_its_output_matrix() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base");
    untied(&base);
    let out = folder.path().join("out");
    let config = Config {
        max_shard_bytes: 1_000_000,
        quants: vec![Quant::Q4KM, Quant::F16],
        ..Config::default()
    };
    let report = export(&config, &base, None, &out, "untied").unwrap();
    assert!(report.merged.files.len() > 1);
    let (header, _) = Header::open(&out.join("untied-q4_k_m.gguf")).unwrap();
    let kind = |name: &str| {
        header
            .tensors
            .iter()
            .find(|tensor| tensor.name == name)
            .map(|tensor| tensor.kind)
    };
    assert_eq!(kind("output.weight"), Some(TensorType::Q6_K));
    assert_eq!(kind("token_embd.weight"), Some(TensorType::Q4_K));
    // The shards are a base themselves, and give the same file.
    let again = folder.path().join("again");
    export(
        &untested(&[Quant::F16]),
        &out.join("merged"),
        None,
        &again,
        "untied",
    )
    .unwrap();
    let read = |folder: &Path| fs::read(folder.join("untied-f16.gguf")).unwrap();
    assert!(read(&again) == read(&out));
}

#[test]
fn rows_without_a_token_are_padding_and_the_tokenizer_comes_back() {
    let out = tempfile::tempdir().unwrap();
    let base = fixtures().join("gguf/hf");
    export(
        &untested(&[Quant::Q8_0]),
        &base,
        None,
        out.path(),
        "persona",
    )
    .unwrap();
    let path = out.path().join("persona-q8_0.gguf");
    let (header, _) = Header::open(&path).unwrap();
    let items = |key: &str| match header.value(key) {
        Some(Value::Array(_, items)) => items.clone(),
        other => panic!("{key} is {other:?}"),
    };
    let (tokens, kinds) = (
        items("tokenizer.ggml.tokens"),
        items("tokenizer.ggml.token_type"),
    );
    let rows = super::json(&base.join("config.json"))["vocab_size"]
        .as_u64()
        .unwrap() as usize;
    assert_eq!((tokens.len(), kinds.len()), (rows, rows));
    let tokenizer = Tokenizer::load(&base).unwrap();
    for (id, (token, kind)) in tokens.iter().zip(&kinds).enumerate() {
        let padding = id >= tokenizer.vocab_size();
        assert_eq!(*kind == Value::I32(5), padding, "token {id}");
        assert_eq!(
            *token == Value::String(format!("[PAD{id}]")),
            padding,
            "token {id}"
        );
    }
    let template = tokenizer.chat_template().unwrap();
    assert_eq!(
        header.value("tokenizer.chat_template"),
        Some(&Value::String(template.to_owned()))
    );
}

#[test]
fn a_base_that_is_not_what_it_says_is_refused() {
    let refuse = |change: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("base");
        copy(&fixtures().join("gguf/hf"), &base);
        change(&base);
        export(
            &untested(&[Quant::F16]),
            &base,
            None,
            &folder.path().join("out"),
            "persona",
        )
        .unwrap_err()
        .to_string()
    };
    let config = |key: &'static str, value: serde_json::Value| {
        refuse(&|base: &Path| {
            edit(&base.join("config.json"), |config| {
                config[key] = value.clone();
            });
        })
    };
    let layers = super::json(&fixtures().join("gguf/hf/config.json"))["num_hidden_layers"]
        .as_u64()
        .unwrap();
    assert!(
        config("num_hidden_layers", (layers + 1).into()).contains("has no tensor `model.layers.")
    );
    assert!(
        config("num_hidden_layers", (layers - 1).into()).contains("has a tensor `model.layers.")
    );
    assert!(config("intermediate_size", 256.into()).contains("_proj.weight` has shape"));
    assert!(config("tie_word_embeddings", false.into()).contains("has no tensor `lm_head.weight`"));
    assert!(
        config(
            "rope_scaling",
            serde_json::json!({ "type": "yarn", "factor": 4.0 })
        )
        .contains("key `rope_scaling`")
    );
    let tokenizer = |change: fn(&mut serde_json::Value)| {
        refuse(&|base: &Path| edit(&base.join("tokenizer.json"), change))
    };
    assert!(
        tokenizer(|json| json["pre_tokenizer"] = serde_json::Value::Null).contains("pre_tokenizer")
    );
    assert!(
        tokenizer(|json| json["added_tokens"] = serde_json::json!([]))
            .contains("has no added token `<|im_end|>`")
    );
    let missing = refuse(&|base: &Path| fs::remove_file(base.join("tokenizer.json")).unwrap());
    assert!(missing.contains("tokenizer.json"), "{missing}");
}

#[test]
fn settings_that_make_no_sense_are_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let base = fixtures().join("gguf/hf");
    let refuse = |config: &Config, name: &str| {
        export(config, &base, None, &out, name)
            .unwrap_err()
            .to_string()
    };
    assert!(refuse(&untested(&[]), "persona").starts_with("`export.quants` is empty"));
    assert!(refuse(&untested(&[Quant::F16, Quant::F16]), "persona").contains("twice `f16`"));
    assert!(refuse(&untested(&[Quant::F16]), "../persona").starts_with("`name` is `../persona`"));
    assert!(!out.exists());
}

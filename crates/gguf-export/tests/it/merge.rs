//! The merged checkpoint against PEFT's merge of the same adapter, and adapters that do not fit.

use std::{collections::BTreeMap, fs, path::Path};

use candle_core::{DType, Device, Tensor};
use gguf_export::{Quant, Result};
use persona_model::{LoadOptions, Qwen2, Segments, weights::Checkpoint};

use super::{copy, edit, export, fixtures, json, sha256, untested};

fn merge(adapter: &Path, out: &Path) -> Result<()> {
    export(
        &untested(&[Quant::F32]),
        &fixtures().join("model"),
        Some(adapter),
        out,
        "persona",
    )
    .map(|_| ())
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn merged_weights_are_pefts() {
    let out = tempfile::tempdir().unwrap();
    let lora = fixtures().join("lora");
    merge(&lora.join("adapter"), out.path()).unwrap();
    let merged = Checkpoint::open(&out.path().join("merged")).unwrap();
    let stats = json(&lora.join("merged_stats.json"));
    let mut changed = 0;
    for (name, stats) in stats.as_object().unwrap() {
        let tensor = merged.tensor(name, DType::F32, &Device::Cpu).unwrap();
        let values = values(&tensor);
        if stats["changed"] == false {
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            assert_eq!(stats["sha256_f32_le"], sha256(&bytes), "{name}");
            continue;
        }
        changed += 1;
        let squares: f64 = values.iter().map(|&value| f64::from(value).powi(2)).sum();
        let expected = stats["sum_sq"].as_f64().unwrap();
        assert!(
            (squares / expected - 1.0).abs() < 1e-5,
            "{name}: {squares} instead of {expected}"
        );
    }
    assert!(changed > 0);
    let golden = Checkpoint::open_file(&lora.join("merged_subset.safetensors")).unwrap();
    for name in golden.names() {
        let found = values(&merged.tensor(name, DType::F32, &Device::Cpu).unwrap());
        let expected = values(&golden.tensor(name, DType::F32, &Device::Cpu).unwrap());
        let worst = found
            .iter()
            .zip(&expected)
            .map(|(found, expected)| (found - expected).abs())
            .max_by(f32::total_cmp)
            .unwrap();
        assert!(worst < 1e-6, "{name}: {worst}");
    }
}

#[test]
fn the_merged_model_computes_what_the_adapted_one_does() {
    let lora = fixtures().join("lora");
    let settings = json(&lora.join("adapter/adapter_config.json"));
    assert_ne!(
        settings["r"].as_f64(),
        settings["lora_alpha"].as_f64(),
        "the scale must matter in this test"
    );
    let out = tempfile::tempdir().unwrap();
    merge(&lora.join("adapter"), out.path()).unwrap();
    let golden = Checkpoint::open_file(&lora.join("lora.safetensors")).unwrap();
    let read = |name: &str| {
        golden
            .tensor(
                name,
                golden
                    .view(name, |view| match view.dtype() {
                        safetensors::Dtype::I64 => DType::I64,
                        _ => DType::F32,
                    })
                    .unwrap(),
                &Device::Cpu,
            )
            .unwrap()
    };
    let ids: Vec<i64> = read("seq128.input_ids")
        .flatten_all()
        .unwrap()
        .to_vec1()
        .unwrap();
    let ids: Vec<u32> = ids.into_iter().map(|id| id as u32).collect();
    let model = Qwen2::load(&out.path().join("merged"), &LoadOptions::cpu()).unwrap();
    let hidden = model
        .forward(&ids, &Segments::packed(&[ids.len()]), None, None)
        .unwrap();
    let found = values(&model.logits(&hidden).unwrap());
    for name in ["seq128.logits", "merged.seq128.logits"] {
        let expected = values(&read(name));
        assert_eq!(found.len(), expected.len());
        let worst = found
            .iter()
            .zip(&expected)
            .map(|(found, expected)| (found - expected).abs())
            .max_by(f32::total_cmp)
            .unwrap();
        assert!(worst < 2e-4, "{name}: {worst}");
    }
}

/// Runs a merge with a changed copy of the golden adapter.
fn error_with(change: impl FnOnce(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures().join("lora/adapter"), folder.path());
    change(folder.path());
    let out = folder.path().join("out");
    let error = merge(folder.path(), &out).unwrap_err();
    assert!(
        !out.join("merged").exists(),
        "nothing is left of a merge that failed"
    );
    error.to_string()
}

fn edit_settings(folder: &Path, change: impl FnOnce(&mut serde_json::Value)) {
    edit(&folder.join("adapter_config.json"), change);
}

/// Rewrites the adapter's tensors: name → (shape, values).
fn edit_tensors(folder: &Path, change: impl FnOnce(&mut BTreeMap<String, Tensor>)) {
    let path = folder.join("adapter_model.safetensors");
    let mut tensors: BTreeMap<String, Tensor> = {
        let opened = Checkpoint::open_file(&path).unwrap();
        opened
            .names()
            .map(|name| {
                (
                    name.to_owned(),
                    opened.tensor(name, DType::F32, &Device::Cpu).unwrap(),
                )
            })
            .collect()
    };
    change(&mut tensors);
    fs::remove_file(&path).unwrap();
    safetensors::serialize_to_file(tensors, None, &path).unwrap();
}

#[test]
fn adapters_that_do_not_fit_are_refused_by_key() {
    let first = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    let missing = error_with(|folder| edit_tensors(folder, |tensors| drop(tensors.remove(first))));
    assert!(
        missing.contains(&format!("has no `{first}`, the partner")),
        "{missing}"
    );

    let both = error_with(|folder| {
        edit_tensors(folder, |tensors| {
            tensors.retain(|key, _| !key.contains("layers.1.mlp.up_proj"));
        });
    });
    assert!(
        both.contains(
            "has no `base_model.model.model.layers.1.mlp.up_proj.lora_A.weight`, though `up_proj`"
        ),
        "{both}"
    );

    let foreign = error_with(|folder| {
        edit_tensors(folder, |tensors| {
            let tensor = tensors[first].clone();
            tensors.insert(
                "base_model.model.model.layers.99.self_attn.q_proj.lora_A.weight".to_owned(),
                tensor,
            );
        });
    });
    assert!(
        foreign.contains(
            "is for `model.layers.99.self_attn.q_proj`, which the base model does not have"
        ),
        "{foreign}"
    );

    let whole = error_with(|folder| {
        edit_tensors(folder, |tensors| {
            let tensor = tensors[first].clone();
            tensors.insert("base_model.model.lm_head.weight".to_owned(), tensor);
        });
    });
    assert!(
        whole.contains("found the tensor `base_model.model.lm_head.weight`"),
        "{whole}"
    );
}

#[test]
fn ranks_and_kinds_that_do_not_fit_are_refused() {
    let rank = error_with(|folder| edit_settings(folder, |settings| settings["r"] = 3.into()));
    assert!(
        rank.contains("lora_A.weight` has shape") && rank.contains("for rank 3"),
        "{rank}"
    );
    let dora =
        error_with(|folder| edit_settings(folder, |settings| settings["use_dora"] = true.into()));
    assert!(
        dora.contains("key `use_dora`: found true, expected false"),
        "{dora}"
    );
    let alpha = error_with(|folder| {
        edit_settings(folder, |settings| settings["lora_alpha"] = "many".into());
    });
    assert!(
        alpha.contains("key `lora_alpha`: found \"many\", expected a number"),
        "{alpha}"
    );
    let none =
        error_with(|folder| fs::remove_file(folder.join("adapter_model.safetensors")).unwrap());
    assert!(
        none.contains("cannot read") && none.contains("adapter_model.safetensors"),
        "{none}"
    );
}

/// Distance by which the merge moves one matrix: the root of its summed squares.
fn moved(change: impl FnOnce(&mut serde_json::Value)) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    copy(&fixtures().join("lora/adapter"), folder.path());
    edit_settings(folder.path(), change);
    let out = folder.path().join("out");
    merge(folder.path(), &out).unwrap();
    let name = "model.layers.0.self_attn.q_proj.weight";
    let read = |folder: &Path| {
        values(
            &Checkpoint::open(folder)
                .unwrap()
                .tensor(name, DType::F32, &Device::Cpu)
                .unwrap(),
        )
    };
    let (base, merged) = (read(&fixtures().join("model")), read(&out.join("merged")));
    base.iter()
        .zip(&merged)
        .map(|(base, merged)| f64::from(merged - base).powi(2))
        .sum::<f64>()
        .sqrt()
}

#[test]
fn rank_stabilised_and_per_module_scales_are_applied() {
    let plain = moved(|_| ());
    let rank = json(&fixtures().join("lora/adapter/adapter_config.json"))["r"]
        .as_f64()
        .unwrap();
    let stabilised = moved(|settings| settings["use_rslora"] = true.into());
    assert!(
        (stabilised / plain - rank.sqrt()).abs() < 1e-3,
        "{stabilised} {plain}"
    );
    let alpha = json(&fixtures().join("lora/adapter/adapter_config.json"))["lora_alpha"]
        .as_f64()
        .unwrap();
    let tripled =
        moved(|settings| settings["alpha_pattern"] = serde_json::json!({ "q_proj": 3.0 * alpha }));
    assert!((tripled / plain - 3.0).abs() < 1e-3, "{tripled} {plain}");
    let other =
        moved(|settings| settings["alpha_pattern"] = serde_json::json!({ "k_proj": 3.0 * alpha }));
    assert!((other / plain - 1.0).abs() < 1e-12);
}

#[test]
fn initialisations_and_kinds_that_change_the_arithmetic_are_refused_by_key() {
    let null = serde_json::Value::Null;
    for (key, value) in [
        ("init_lora_weights", "pissa".into()),
        ("init_lora_weights", "pissa_niter_16".into()),
        ("init_lora_weights", "olora".into()),
        ("init_lora_weights", "corda".into()),
        ("init_lora_weights", "loftq".into()),
        ("modules_to_save", serde_json::json!(["lm_head"])),
        ("trainable_token_indices", serde_json::json!([1])),
        ("layer_replication", serde_json::json!([[0, 2]])),
        ("alora_invocation_tokens", serde_json::json!([5])),
        ("lora_bias", true.into()),
        ("bias", "all".into()),
        ("peft_type", "IA3".into()),
        ("peft_type", null),
        ("layers_to_transform", "first".into()),
        ("rank_pattern", serde_json::json!({ "q_proj": 0 })),
        ("alpha_pattern", serde_json::json!({ "(?=q_proj)": 4 })),
    ] {
        let error = error_with(|folder| edit_settings(folder, |settings| settings[key] = value));
        assert!(error.contains(&format!("key `{key}`: found ")), "{error}");
    }
    let pickle = error_with(|folder| {
        fs::rename(
            folder.join("adapter_model.safetensors"),
            folder.join("adapter_model.bin"),
        )
        .unwrap();
    });
    assert!(
        pickle.contains("adapter_model.bin`, whole file: a Python pickle"),
        "{pickle}"
    );
    let unnamed = error_with(|folder| {
        edit_settings(folder, |settings| {
            settings["target_modules"] = serde_json::json!(["q_proj"]);
        });
    });
    assert!(
        unnamed.contains("which its adapter_config.json does not name among its modules"),
        "{unnamed}"
    );
}

#[test]
fn an_adapter_for_some_layers_is_complete_without_the_others() {
    let some = |change: &dyn Fn(&mut serde_json::Value)| {
        let folder = tempfile::tempdir().unwrap();
        copy(&fixtures().join("lora/adapter"), folder.path());
        edit_tensors(folder.path(), |tensors| {
            tensors.retain(|key, _| key.contains("layers.0."));
        });
        edit_settings(folder.path(), change);
        let out = folder.path().join("out");
        merge(folder.path(), &out).map_err(|error| error.to_string())
    };
    some(&|settings| settings["layers_to_transform"] = serde_json::json!([0])).unwrap();
    some(&|settings| {
        settings["layers_to_transform"] = 0.into();
        settings["layers_pattern"] = "layers".into();
    })
    .unwrap();
    some(&|settings| {
        settings["target_modules"] = r"model\.layers\.0\.(self_attn|mlp)\.\w+_proj".into();
    })
    .unwrap();
    some(&|settings| {
        settings["exclude_modules"] = r".*\.layers\.[1-9]\d*\..*".into();
    })
    .unwrap();
    let missing = some(&|_| ()).unwrap_err();
    assert!(
        missing.contains("has no `base_model.model.model.layers.1."),
        "{missing}"
    );
    let other = some(&|settings| {
        settings["layers_to_transform"] = serde_json::json!([1]);
    });
    assert!(
        other
            .unwrap_err()
            .contains("does not name among its modules")
    );
}

#[test]
fn patterns_are_expressions_for_the_ends_of_names_and_the_first_counts() {
    let plain = moved(|_| ());
    let alpha = json(&fixtures().join("lora/adapter/adapter_config.json"))["lora_alpha"]
        .as_f64()
        .unwrap();
    let with =
        |pattern: serde_json::Value| moved(|settings| settings["alpha_pattern"] = pattern) / plain;
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-3, "{found}");
    close(
        with(serde_json::json!({ r"layers\.0\..*q_proj": 2.0 * alpha })),
        2.0,
    );
    close(
        with(serde_json::json!({ "z": 1, "self_attn.q_proj": 2.0 * alpha, "q_proj": alpha })),
        2.0,
    );
    close(
        with(serde_json::json!({ "q_proj": 3.0 * alpha, "self_attn.q_proj": alpha })),
        3.0,
    );
    close(
        with(serde_json::json!({ "roj": 3.0 * alpha, r"layers\.1\..*": 3.0 * alpha })),
        1.0,
    );
    close(with(serde_json::json!({ "q_proj": 0.5 })), 0.5 / alpha);
}

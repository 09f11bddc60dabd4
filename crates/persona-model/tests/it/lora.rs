//! Adapters against PEFT: logits with the adapter, files, and every gradient there.

use candle_core::Device;
use persona_model::{
    ALL_TARGETS, Adapter, Checkpoint, LoadOptions, LoraConfig, Qwen2, Segments, loss,
};

use crate::fixtures::{close, fixtures, ids, tensor};

fn with_adapter(trainable: bool) -> Qwen2 {
    let mut model = Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap();
    model
        .load_adapter(
            &Adapter::load(&fixtures().join("lora/adapter")).unwrap(),
            trainable,
        )
        .unwrap();
    model
}

#[test]
fn logits_with_the_adapter_agree() {
    let model = with_adapter(false);
    let golden = Checkpoint::open_file(&fixtures().join("lora/lora.safetensors")).unwrap();
    for name in ["seq33", "seq128"] {
        let ids = ids(&golden, &format!("{name}.input_ids")).remove(0);
        let hidden = model
            .forward(&ids, &Segments::packed(&[ids.len()]), None, None)
            .unwrap();
        close(
            &model.logits(&hidden).unwrap(),
            &tensor(&golden, &format!("{name}.logits"))
                .squeeze(0)
                .unwrap(),
            2e-4,
        );
    }
}

#[test]
fn the_adapter_changes_what_the_base_computes() {
    let (plain, adapted) = (
        Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap(),
        with_adapter(true),
    );
    let segments = Segments::packed(&[4]);
    let run = |model: &Qwen2| model.forward(&[5, 6, 7, 8], &segments, None, None).unwrap();
    let difference = (run(&adapted) - run(&plain))
        .unwrap()
        .abs()
        .unwrap()
        .sum_all()
        .unwrap();
    assert!(difference.to_scalar::<f32>().unwrap() > 0.1);
}

#[test]
fn an_adapter_survives_saving() {
    let folder = tempfile::tempdir().unwrap();
    let adapter = with_adapter(true).adapter("base").unwrap();
    adapter.save(folder.path()).unwrap();
    let again = Adapter::load(folder.path()).unwrap();
    let original = Adapter::load(&fixtures().join("lora/adapter")).unwrap();
    assert_eq!(again.config.rank(), original.config.rank());
    assert_eq!(
        again.config.scale().to_bits(),
        original.config.scale().to_bits()
    );
    assert_eq!(again.tensors.len(), original.tensors.len());
    for (key, tensor) in &original.tensors {
        close(&again.tensors[key], tensor, 0.0);
    }
}

/// Candle's fused operations would leave `None` here without a word.
#[test]
fn every_factor_has_a_finite_gradient_that_is_not_zero() {
    let model = with_adapter(true);
    let ids = [3, 9, 27, 81, 243, 4, 12];
    let hidden = model
        .forward(&ids, &Segments::packed(&[7]), None, Some(1))
        .unwrap();
    let log_probs =
        loss::token_log_probs(&model, &hidden, &[2, 3, 4, 5], &[81, 243, 4, 12]).unwrap();
    let gradients = log_probs.sum_all().unwrap().backward().unwrap();
    assert_eq!(
        model.variables().len(),
        2 * 7 * model.config().num_hidden_layers
    );
    for (name, var) in model.variables() {
        let gradient = gradients
            .get(var)
            .unwrap_or_else(|| panic!("{name} has no gradient"));
        let norm = gradient
            .sqr()
            .unwrap()
            .sum_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(norm.is_finite() && norm > 0.0, "{name}: {norm}");
    }
}

#[test]
fn fresh_factors_start_as_the_base() {
    let mut model = Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap();
    let config = LoraConfig {
        rank: 4,
        alpha: 8.0,
        dropout: 0.0,
        targets: ALL_TARGETS.iter().map(ToString::to_string).collect(),
    };
    let segments = Segments::packed(&[3]);
    let before = model.forward(&[1, 2, 3], &segments, None, None).unwrap();
    model.attach_lora(&config, 7).unwrap();
    close(
        &model.forward(&[1, 2, 3], &segments, None, None).unwrap(),
        &before,
        1e-6,
    );
    let [(_, a), ..] = model.variables() else {
        panic!("no variables")
    };
    let bound = 1.0 / (a.dim(1).unwrap() as f32).sqrt();
    let values = a.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert!(values.iter().all(|value| value.abs() <= bound));
    assert!(values.iter().any(|value| value.abs() > 0.9 * bound));
}

#[test]
fn an_adapter_of_another_shape_is_refused_by_name() {
    let mut adapter = Adapter::load(&fixtures().join("lora/adapter")).unwrap();
    let mut model = Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap();
    let key = adapter.tensors.keys().next().unwrap().clone();
    let tensor = adapter.tensors.remove(&key).unwrap();
    assert!(
        model
            .load_adapter(&adapter, false)
            .unwrap_err()
            .to_string()
            .contains(&key)
    );
    adapter.tensors.insert(key, tensor);
    let stranger =
        candle_core::Tensor::zeros((1, 1), candle_core::DType::F32, &Device::Cpu).unwrap();
    adapter.tensors.insert(
        "base_model.model.lm_head.lora_A.weight".to_owned(),
        stranger,
    );
    assert!(
        model
            .load_adapter(&adapter, false)
            .unwrap_err()
            .to_string()
            .contains("lm_head")
    );
}

/// A rank and a scale of their own for some modules, and a rank-stabilised scale, stay with an adapter that is trained on.
#[test]
fn patterns_and_scales_survive_loading_and_saving() {
    let folder = tempfile::tempdir().unwrap();
    let from = fixtures().join("lora/adapter");
    for file in [
        persona_model::adapter::CONFIG_FILE,
        persona_model::adapter::WEIGHTS_FILE,
    ] {
        persona_core::atomic::write(
            &folder.path().join(file),
            std::fs::read(from.join(file)).unwrap(),
        )
        .unwrap();
    }
    let path = folder.path().join(persona_model::adapter::CONFIG_FILE);
    let mut settings: serde_json::Value = persona_core::json::read(&path).unwrap();
    let rank = settings["r"].clone();
    settings["r"] = 3.into();
    settings["use_rslora"] = true.into();
    settings["rank_pattern"] = serde_json::json!({ ".*_proj": rank });
    settings["alpha_pattern"] = serde_json::json!({ "k_proj": 1.5 });
    persona_core::atomic::write_json(&path, &settings).unwrap();
    let adapter = Adapter::load(folder.path()).unwrap();
    let mut model = Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap();
    model.load_adapter(&adapter, true).unwrap();
    let again = folder.path().join("again");
    model.adapter("base").unwrap().save(&again).unwrap();
    let again = Adapter::load(&again).unwrap();
    for module in [
        "model.layers.0.self_attn.q_proj",
        "model.layers.1.self_attn.k_proj",
    ] {
        assert_eq!(
            again.config.rank_of(module),
            rank.as_u64().unwrap() as usize
        );
        let (found, expected) = (
            again.config.scale_of(module),
            adapter.config.scale_of(module),
        );
        assert_eq!(found.to_bits(), expected.to_bits());
    }
    let root = rank.as_f64().unwrap().sqrt();
    let scale = again.config.scale_of("model.layers.1.self_attn.k_proj");
    assert!((scale - 1.5 / root).abs() < 1e-12);
}

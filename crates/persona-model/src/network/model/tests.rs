//! Hidden states of every layer and logits against transformers.

use std::path::{Path, PathBuf};

use super::*;

/// Asserts that every element is within 1e-4, relative above 1; golden values are `(1, tokens, width)`.
fn close(found: &Tensor, golden: &Checkpoint, name: &str) {
    let expected = golden
        .tensor(name, DType::F32, &Device::Cpu)
        .unwrap()
        .squeeze(0)
        .unwrap();
    assert_eq!(found.dims(), expected.dims());
    let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for (index, (f, e)) in values(found).iter().zip(values(&expected)).enumerate() {
        assert!(
            (f - e).abs() <= 1e-4 * (1.0 + e.abs()),
            "{name}, element {index}: {f} against {e}"
        );
    }
}

#[test]
fn hidden_states_and_logits_agree() {
    let fixtures = std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    );
    let model = Qwen2::load(&fixtures.join("model"), &LoadOptions::cpu()).unwrap();
    let golden = Checkpoint::open_file(&fixtures.join("forward/forward.safetensors")).unwrap();
    for name in ["seq7", "seq33", "seq128"] {
        let ids = golden
            .tensor(&format!("{name}.input_ids"), DType::U32, &Device::Cpu)
            .unwrap();
        let ids: Vec<u32> = ids.flatten_all().unwrap().to_vec1().unwrap();
        let segments = Arc::new(Segments::packed(&[ids.len()]));
        let rope_table = RopeTable::new(
            &segments.positions(),
            model.config.head_dim(),
            model.config.rope_theta,
        );
        let mut state = model.embed(&ids).unwrap();
        for (index, layer) in model.layers.iter().enumerate() {
            close(&state, &golden, &format!("{name}.hidden.{index}"));
            state = layer
                .forward(&state, &rope_table, &segments, None, Pass::default())
                .unwrap();
        }
        close(&state, &golden, &format!("{name}.last_layer_before_norm"));
        let last = model.forward(&ids, &segments, None, None).unwrap();
        let layers = model.config.num_hidden_layers;
        close(&last, &golden, &format!("{name}.hidden.{layers}"));
        let logits = model.logits(&last).unwrap();
        close(&logits, &golden, &format!("{name}.logits"));
    }
}

//! The network against transformers: padding, greedy decoding.

use std::ops::ControlFlow;

use candle_core::Tensor;
use persona_core::Sampling;
use persona_model::{Checkpoint, KvCache, LoadOptions, Qwen2, Qwen2Config, Segments, generate};

use crate::fixtures::{close, fixtures, ids, tensor};

fn model() -> Qwen2 {
    Qwen2::load(&fixtures().join("model"), &LoadOptions::cpu()).unwrap()
}

fn golden() -> Checkpoint {
    Checkpoint::open_file(&fixtures().join("forward/forward.safetensors")).unwrap()
}

/// What transformers pads, we pack: the logits of every real token are the same.
#[test]
fn packed_rows_agree_with_padded_ones() {
    let (model, golden) = (model(), golden());
    let rows = ids(&golden, "rightpad.input_ids");
    let masks = ids(&golden, "rightpad.attention_mask");
    let lengths: Vec<usize> = masks
        .iter()
        .map(|mask| mask.iter().sum::<u32>() as usize)
        .collect();
    let packed: Vec<u32> = rows
        .iter()
        .zip(&lengths)
        .flat_map(|(row, length)| row[..*length].to_vec())
        .collect();
    let hidden = model
        .forward(&packed, &Segments::packed(&lengths), None, None)
        .unwrap();
    let logits = model.logits(&hidden).unwrap();
    let expected = tensor(&golden, "rightpad.logits");
    let mut start = 0;
    for (row, length) in lengths.iter().enumerate() {
        let found = logits.narrow(0, start, *length).unwrap();
        close(
            &found,
            &expected.get(row).unwrap().narrow(0, 0, *length).unwrap(),
            1e-4,
        );
        start += length;
    }
}

#[test]
fn greedy_tokens_agree_up_to_ties() {
    let (model, golden) = (model(), golden());
    let prompt = ids(&golden, "greedy.input_ids").remove(0);
    let expected = &ids(&golden, "greedy.output_ids")[0][prompt.len()..];
    let margins: Vec<f32> = tensor(&golden, "greedy.margin").to_vec1().unwrap();
    let mut cache = KvCache::new(model.config());
    let sampling = Sampling::greedy(expected.len());
    let found = generate(&model, &mut cache, &prompt, &sampling, 0, &[], &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    // Behind a tie the two may go on in different ways.
    let decided = margins.iter().take_while(|margin| **margin >= 1e-4).count();
    assert!(decided > 0, "{margins:?}");
    assert_eq!(found[..decided], expected[..decided]);
}

/// A cache filled in pieces, or cut back and filled again, gives the logits of one whole pass.
#[test]
fn a_cache_changes_nothing() {
    let (model, golden) = (model(), golden());
    let ids = ids(&golden, "seq33.input_ids").remove(0);
    let whole = model
        .forward(&ids, &Segments::packed(&[ids.len()]), None, None)
        .unwrap();
    let mut cache = KvCache::new(model.config());
    model
        .forward(&ids[..9], &Segments::next(0, 9), Some(&mut cache), None)
        .unwrap();
    cache.truncate(4);
    let mut parts = vec![whole.narrow(0, 0, 4).unwrap()];
    for (start, end) in [(4, 5), (5, 20), (20, 33)] {
        let segments = Segments::next(start, end - start);
        parts.push(
            model
                .forward(&ids[start..end], &segments, Some(&mut cache), None)
                .unwrap(),
        );
    }
    assert_eq!(cache.len(), ids.len());
    close(&Tensor::cat(&parts, 0).unwrap(), &whole, 1e-4);
}

/// Continuations of one prompt computed as branches agree with each computed after its own copy of the prompt.
#[test]
fn branches_agree_with_separate_sequences() {
    let (model, golden) = (model(), golden());
    let ids = ids(&golden, "seq33.input_ids").remove(0);
    let (prompt, rest) = ids.split_at(12);
    let (first, second) = rest.split_at(9);
    let tree = model
        .forward(&ids, &Segments::branches(12, &[9, 12]).unwrap(), None, None)
        .unwrap();
    let mut start = 12;
    for branch in [first, second] {
        let sequence = [prompt, branch].concat();
        let alone = model
            .forward(&sequence, &Segments::packed(&[sequence.len()]), None, None)
            .unwrap();
        close(
            &tree.narrow(0, start, branch.len()).unwrap(),
            &alone.narrow(0, 12, branch.len()).unwrap(),
            1e-4,
        );
        start += branch.len();
    }
}

#[test]
fn both_forms_of_the_configuration_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(
        fixtures().join("model/config.transformers5.json"),
        folder.path().join("config.json"),
    )
    .unwrap();
    let old = Qwen2Config::load(&fixtures().join("model")).unwrap();
    assert_eq!(Qwen2Config::load(folder.path()).unwrap(), old);
    old.save(folder.path(), "bfloat16", 1, 2).unwrap();
    assert_eq!(Qwen2Config::load(folder.path()).unwrap(), old);
}

#[test]
fn a_random_model_of_untied_shape_saves_and_loads() {
    let folder = tempfile::tempdir().unwrap();
    let config = Qwen2Config {
        vocab_size: 40,
        hidden_size: 16,
        intermediate_size: 24,
        num_hidden_layers: 2,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        rms_norm_eps: 1e-6,
        rope_theta: 1e4,
        max_position_embeddings: 64,
        tie_word_embeddings: false,
    };
    let model = Qwen2::init(config.clone(), 5, &candle_core::Device::Cpu).unwrap();
    let count: usize = model
        .variables()
        .iter()
        .map(|(_, var)| var.elem_count())
        .sum();
    assert_eq!(count, config.parameters());
    let tensors: std::collections::HashMap<String, Tensor> = model
        .variables()
        .iter()
        .map(|(name, var)| (name.clone(), var.as_tensor().clone()))
        .collect();
    candle_core::safetensors::save(&tensors, folder.path().join("model.safetensors")).unwrap();
    config.save(folder.path(), "bfloat16", 38, 39).unwrap();
    let loaded = Qwen2::load(folder.path(), &LoadOptions::cpu()).unwrap();
    let segments = Segments::packed(&[3]);
    let logits = |model: &Qwen2| {
        model
            .logits(&model.forward(&[1, 2, 3], &segments, None, None).unwrap())
            .unwrap()
    };
    close(&logits(&loaded), &logits(&model), 1e-5);
}

#[test]
fn wrong_input_is_refused() {
    let model = model();
    assert!(
        model
            .forward(&[], &Segments::packed(&[]), None, None)
            .is_err()
    );
    assert!(
        model
            .forward(&[1, 2], &Segments::packed(&[1]), None, None)
            .is_err()
    );
    let outside = model.config().vocab_size as u32;
    assert!(
        model
            .forward(&[outside], &Segments::packed(&[1]), None, None)
            .is_err()
    );
}

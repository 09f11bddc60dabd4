//! Types and order of tensors by llama.cpp's rules.

use persona_gguf::TensorType;
use persona_model::{config::Qwen2Config, tensors::all};

use super::rules::*;
use crate::config::Quant;

fn config(layers: usize, hidden: usize, ffn: usize, tied: bool) -> Qwen2Config {
    Qwen2Config {
        vocab_size: 64,
        hidden_size: hidden,
        intermediate_size: ffn,
        num_hidden_layers: layers,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        rms_norm_eps: 1e-6,
        rope_theta: 1e6,
        max_position_embeddings: 128,
        tie_word_embeddings: tied,
    }
}

fn kind(config: &Qwen2Config, quant: Quant, gguf: &str) -> TensorType {
    let tensors = all(config);
    let tensor = tensors.iter().find(|tensor| tensor.gguf == gguf).unwrap();
    tensor_type(
        quant,
        tensor,
        config.num_hidden_layers,
        config.tie_word_embeddings,
    )
}

fn six_bit_layers(layers: usize, tensor: &str) -> Vec<usize> {
    let config = config(layers, 512, 512, true);
    (0..layers)
        .filter(|layer| {
            kind(&config, Quant::Q4KM, &format!("blk.{layer}.{tensor}")) == TensorType::Q6_K
        })
        .collect()
}

#[test]
fn the_layers_with_six_bits_are_llama_cpps() {
    let expected: [(usize, Vec<usize>); 4] = [
        (2, vec![1]),
        (24, vec![0, 1, 2, 5, 8, 11, 14, 17, 20, 21, 22, 23]),
        (28, vec![0, 1, 2, 5, 8, 11, 14, 17, 20, 23, 24, 25, 26, 27]),
        (
            36,
            vec![
                0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 31, 32, 33, 34, 35,
            ],
        ),
    ];
    // 28 layers: an eighth is 3, so every third is counted from there.
    for (layers, six) in expected {
        assert_eq!(
            six_bit_layers(layers, "attn_v.weight"),
            six,
            "{layers} layers"
        );
        assert_eq!(
            six_bit_layers(layers, "ffn_down.weight"),
            six,
            "{layers} layers"
        );
    }
    assert!(six_bit_layers(24, "attn_q.weight").is_empty());
}

#[test]
fn a_tied_embedding_gets_the_output_type_and_an_untied_one_does_not() {
    let tied = config(2, 256, 512, true);
    assert_eq!(
        kind(&tied, Quant::Q4KM, "token_embd.weight"),
        TensorType::Q6_K
    );
    assert!(
        !all(&tied)
            .iter()
            .any(|tensor| tensor.gguf == "output.weight")
    );
    let untied = config(2, 256, 512, false);
    assert_eq!(
        kind(&untied, Quant::Q4KM, "token_embd.weight"),
        TensorType::Q4_K
    );
    assert_eq!(
        kind(&untied, Quant::Q4KM, "output.weight"),
        TensorType::Q6_K
    );
}

#[test]
fn rows_that_are_not_whole_blocks_fall_back() {
    // The widths of Qwen2.5-0.5B: 896 is no multiple of 256, 4864 is.
    let small = config(24, 896, 4864, true);
    let types = |layer: usize| {
        ["attn_q", "attn_output", "ffn_gate", "attn_v", "ffn_down"]
            .map(|name| kind(&small, Quant::Q4KM, &format!("blk.{layer}.{name}.weight")))
    };
    let [five, eight] = [TensorType::Q5_0, TensorType::Q8_0];
    assert_eq!(types(0), [five, five, five, eight, TensorType::Q6_K]);
    assert_eq!(types(3), [five, five, five, five, TensorType::Q4_K]);
    assert_eq!(kind(&small, Quant::Q4KM, "token_embd.weight"), eight);
    let odd = config(1, 36, 72, true);
    assert_eq!(
        kind(&odd, Quant::Q4KM, "blk.0.attn_q.weight"),
        TensorType::F16
    );
    assert_eq!(
        kind(&odd, Quant::Q8_0, "blk.0.ffn_down.weight"),
        TensorType::F16
    );
}

#[test]
fn norms_and_biases_stay_whole() {
    let config = config(1, 256, 512, true);
    for quant in Quant::ALL {
        for name in [
            "output_norm.weight",
            "blk.0.attn_norm.weight",
            "blk.0.attn_q.bias",
        ] {
            assert_eq!(kind(&config, quant, name), TensorType::F32);
        }
    }
}

#[test]
fn the_quantizer_sorts_layers_by_number_and_the_converter_as_text() {
    let all = all(&config(11, 64, 64, false));
    let layers = |quant| {
        let mut layers: Vec<_> = in_file_order(quant, all.clone())
            .iter()
            .map(|tensor| tensor.layer)
            .collect();
        layers.dedup();
        layers
    };
    let numbers: Vec<_> = std::iter::once(None).chain((0..11).map(Some)).collect();
    assert_eq!(layers(Quant::Q8_0), numbers);
    let text = [None, Some(0), Some(1), Some(10), Some(2)];
    assert_eq!(layers(Quant::F16)[..5], text);
    let first: Vec<_> = in_file_order(Quant::Q8_0, all)
        .into_iter()
        .take(3)
        .map(|tensor| tensor.gguf)
        .collect();
    assert_eq!(
        first,
        ["output.weight", "output_norm.weight", "token_embd.weight"]
    );
}

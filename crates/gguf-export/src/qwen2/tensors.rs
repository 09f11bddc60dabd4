//! Names and shapes of tensors, in Hugging Face checkpoints and in GGUF files.

use persona_model::config::Qwen2Config;

/// A tensor that a model of some configuration has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Its name in a checkpoint.
    pub(crate) name: String,
    /// Its name in a GGUF file.
    pub(crate) gguf: String,
    /// The layer it belongs to.
    pub(crate) layer: Option<usize>,
    /// Outermost first: (rows, columns).
    pub(crate) shape: Vec<usize>,
}

/// All tensors of a model.
pub(crate) fn expected(config: &Qwen2Config) -> Vec<Expected> {
    let (hidden, ffn, key_value) = (
        config.hidden_size,
        config.intermediate_size,
        config.key_value_size(),
    );
    let vocabulary = vec![config.vocab_size, hidden];
    let mut all = vec![
        outside(
            "model.embed_tokens.weight",
            "token_embd.weight",
            vocabulary.clone(),
        ),
        outside("model.norm.weight", "output_norm.weight", vec![hidden]),
    ];
    if !config.tie_word_embeddings {
        all.push(outside("lm_head.weight", "output.weight", vocabulary));
    }
    let inside = [
        ("input_layernorm.weight", "attn_norm.weight", vec![hidden]),
        (
            "post_attention_layernorm.weight",
            "ffn_norm.weight",
            vec![hidden],
        ),
        (
            "self_attn.q_proj.weight",
            "attn_q.weight",
            vec![hidden, hidden],
        ),
        ("self_attn.q_proj.bias", "attn_q.bias", vec![hidden]),
        (
            "self_attn.k_proj.weight",
            "attn_k.weight",
            vec![key_value, hidden],
        ),
        ("self_attn.k_proj.bias", "attn_k.bias", vec![key_value]),
        (
            "self_attn.v_proj.weight",
            "attn_v.weight",
            vec![key_value, hidden],
        ),
        ("self_attn.v_proj.bias", "attn_v.bias", vec![key_value]),
        (
            "self_attn.o_proj.weight",
            "attn_output.weight",
            vec![hidden, hidden],
        ),
        ("mlp.gate_proj.weight", "ffn_gate.weight", vec![ffn, hidden]),
        ("mlp.up_proj.weight", "ffn_up.weight", vec![ffn, hidden]),
        ("mlp.down_proj.weight", "ffn_down.weight", vec![hidden, ffn]),
    ];
    for layer in 0..config.num_hidden_layers {
        all.extend(inside.iter().map(|(name, gguf, shape)| Expected {
            name: format!("model.layers.{layer}.{name}"),
            gguf: format!("blk.{layer}.{gguf}"),
            layer: Some(layer),
            shape: shape.clone(),
        }));
    }
    all
}

fn outside(name: &str, gguf: &str, shape: Vec<usize>) -> Expected {
    Expected {
        name: name.to_owned(),
        gguf: gguf.to_owned(),
        layer: None,
        shape,
    }
}

/// Tensors that some checkpoints carry though every loader computes or shares them.
pub(crate) fn is_ignored(name: &str, expected: &[Expected]) -> bool {
    let tied = !expected
        .iter()
        .any(|tensor| tensor.name == "lm_head.weight");
    name.ends_with(".rotary_emb.inv_freq") || (tied && name == "lm_head.weight")
}

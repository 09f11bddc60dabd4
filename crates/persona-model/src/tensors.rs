//! Table of the tensors of a Qwen2 network: names in a checkpoint and in a GGUF file, shapes, biases and roles.
//!
//! All code that names, counts, checks or builds a tensor uses this table.

use crate::config::Qwen2Config;

/// A linear layer of a decoder layer.
#[derive(Clone, Copy, Debug)]
pub struct LinearSpec {
    /// Name within a layer of a checkpoint, without `.weight`.
    pub name: &'static str,
    /// Name within a layer of a GGUF file, without `.weight`.
    pub gguf: &'static str,
    /// Last part of the name, as in PEFT's `target_modules`. All seven linear layers can get an adapter.
    pub target: &'static str,
    /// Whether it has a bias, with one value per row of the matrix.
    pub bias: bool,
    /// Whether its output is added to the residual stream.
    pub residual: bool,
    /// Widths of the output and the input.
    width: [Width; 2],
}

/// A width that the configuration determines.
#[derive(Clone, Copy, Debug)]
enum Width {
    Hidden,
    KeyValue,
    FeedForward,
}

impl Width {
    fn of(self, config: &Qwen2Config) -> usize {
        match self {
            Self::Hidden => config.hidden_size,
            Self::KeyValue => config.key_value_size(),
            Self::FeedForward => config.intermediate_size,
        }
    }
}

impl LinearSpec {
    const fn with_bias(self) -> Self {
        Self { bias: true, ..self }
    }

    const fn into_residual(self) -> Self {
        Self {
            residual: true,
            ..self
        }
    }

    /// Rows (outputs) and columns (inputs) of the matrix.
    pub fn shape(&self, config: &Qwen2Config) -> [usize; 2] {
        self.width.map(|width| width.of(config))
    }
}

const fn linear(
    name: &'static str,
    target: &'static str,
    gguf: &'static str,
    width: [Width; 2],
) -> LinearSpec {
    LinearSpec {
        name,
        gguf,
        target,
        bias: false,
        residual: false,
        width,
    }
}

/// Linear layers of a decoder layer: q, k, v, o, gate, up, down.
pub const LINEARS: [LinearSpec; 7] = {
    use Width::{FeedForward, Hidden, KeyValue};
    [
        linear("self_attn.q_proj", "q_proj", "attn_q", [Hidden, Hidden]).with_bias(),
        linear("self_attn.k_proj", "k_proj", "attn_k", [KeyValue, Hidden]).with_bias(),
        linear("self_attn.v_proj", "v_proj", "attn_v", [KeyValue, Hidden]).with_bias(),
        linear(
            "self_attn.o_proj",
            "o_proj",
            "attn_output",
            [Hidden, Hidden],
        )
        .into_residual(),
        linear(
            "mlp.gate_proj",
            "gate_proj",
            "ffn_gate",
            [FeedForward, Hidden],
        ),
        linear("mlp.up_proj", "up_proj", "ffn_up", [FeedForward, Hidden]),
        linear(
            "mlp.down_proj",
            "down_proj",
            "ffn_down",
            [Hidden, FeedForward],
        )
        .into_residual(),
    ]
};

/// Names of the linear layers as PEFT has them: all that an adapter can be for.
pub const ALL_TARGETS: [&str; LINEARS.len()] = {
    let mut names = [""; LINEARS.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = LINEARS[index].target;
        index += 1;
    }
    names
};

/// Name of a tensor in a checkpoint and in a GGUF file. For a tensor of a layer, the part after the layer's prefix.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// Name in a checkpoint in Hugging Face layout.
    pub checkpoint: &'static str,
    /// Name in a GGUF file.
    pub gguf: &'static str,
}

const fn name(checkpoint: &'static str, gguf: &'static str) -> Name {
    Name { checkpoint, gguf }
}

/// Embedding matrix, (vocabulary, hidden).
pub const EMBEDDING: Name = name("model.embed_tokens.weight", "token_embd.weight");
/// Norm before the output matrix, (hidden).
pub const FINAL_NORM: Name = name("model.norm.weight", "output_norm.weight");
/// Output matrix, (vocabulary, hidden); missing where it is the embedding.
pub const HEAD: Name = name("lm_head.weight", "output.weight");
/// Norm before the attention of a layer, (hidden).
pub const INPUT_NORM: Name = name("input_layernorm.weight", "attn_norm.weight");
/// Norm before the feed-forward part of a layer, (hidden).
pub const POST_ATTENTION_NORM: Name = name("post_attention_layernorm.weight", "ffn_norm.weight");

/// Name of the module that a matrix belongs to: the tensor's name without `.weight`.
pub fn without_ending(name: &str) -> &str {
    name.strip_suffix(".weight").unwrap_or(name)
}

/// Prefix of the tensor names of layer `index` in a checkpoint.
pub fn layer_prefix(index: usize) -> String {
    format!("model.layers.{index}.")
}

/// Prefix of the tensor names of layer `index` in a GGUF file.
pub fn gguf_layer_prefix(index: usize) -> String {
    format!("blk.{index}.")
}

/// A tensor of a network with a given configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Name in a checkpoint.
    pub name: String,
    /// Name in a GGUF file.
    pub gguf: String,
    /// Layer that the tensor belongs to; `None` outside the layers.
    pub layer: Option<usize>,
    /// Shape, outermost dimension first: (rows, columns) of a matrix, (size) of a norm or bias.
    pub shape: Vec<usize>,
}

/// All tensors of a network: those outside the layers, then layer by layer.
pub fn all(config: &Qwen2Config) -> Vec<TensorSpec> {
    let hidden = config.hidden_size;
    let table = vec![config.vocab_size, hidden];
    let outside = |name: Name, shape: Vec<usize>| TensorSpec {
        name: name.checkpoint.to_owned(),
        gguf: name.gguf.to_owned(),
        layer: None,
        shape,
    };
    let mut all = vec![
        outside(EMBEDDING, table.clone()),
        outside(FINAL_NORM, vec![hidden]),
    ];
    if !config.tie_word_embeddings {
        all.push(outside(HEAD, table));
    }
    for index in 0..config.num_hidden_layers {
        let inside = |name: &str, gguf: &str, shape: Vec<usize>| TensorSpec {
            name: format!("{}{name}", layer_prefix(index)),
            gguf: format!("{}{gguf}", gguf_layer_prefix(index)),
            layer: Some(index),
            shape,
        };
        for norm in [INPUT_NORM, POST_ATTENTION_NORM] {
            all.push(inside(norm.checkpoint, norm.gguf, vec![hidden]));
        }
        for linear in &LINEARS {
            let shape = linear.shape(config);
            for (ending, shape) in [
                ("weight", Some(shape.to_vec())),
                ("bias", linear.bias.then(|| vec![shape[0]])),
            ] {
                let (name, gguf) = (linear.name, linear.gguf);
                all.extend(shape.map(|shape| {
                    inside(
                        &format!("{name}.{ending}"),
                        &format!("{gguf}.{ending}"),
                        shape,
                    )
                }));
            }
        }
    }
    all
}

impl Qwen2Config {
    /// Number of weights of the network.
    pub fn parameters(&self) -> usize {
        // Not from the list of all tensors: the number of layers has not been checked yet and may be huge.
        let with_layers = |layers: usize| -> usize {
            let config = Self {
                num_hidden_layers: layers,
                ..self.clone()
            };
            let tensors = all(&config);
            let sizes = tensors
                .iter()
                .map(|tensor| tensor.shape.iter().product::<usize>());
            sizes.sum()
        };
        let outside = with_layers(0);
        outside + self.num_hidden_layers * (with_layers(1) - outside)
    }
}

/// Whether a checkpoint may hold the tensor `name` although every loader computes or shares it.
pub fn is_ignored(name: &str, config: &Qwen2Config) -> bool {
    name.ends_with(".rotary_emb.inv_freq")
        || (config.tie_word_embeddings && name == HEAD.checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_the_last_parts_of_the_names() {
        for linear in &LINEARS {
            assert_eq!(linear.name.rsplit('.').next(), Some(linear.target));
        }
    }

    #[test]
    fn a_published_model_has_as_many_tensors_and_weights_as_it_is_said_to() {
        // Qwen2.5-0.5B: 290 tensors, 494,032,768 weights.
        let config = Qwen2Config {
            vocab_size: 151_936,
            hidden_size: 896,
            intermediate_size: 4864,
            num_hidden_layers: 24,
            num_attention_heads: 14,
            num_key_value_heads: 2,
            rms_norm_eps: 1e-6,
            rope_theta: 1e6,
            max_position_embeddings: 32_768,
            tie_word_embeddings: true,
        };
        assert_eq!(all(&config).len(), 290);
        assert_eq!(config.parameters(), 494_032_768);
    }
}

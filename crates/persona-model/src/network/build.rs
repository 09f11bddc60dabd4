//! Putting a network together from named weights.

use candle_core::{Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    layer::{LINEAR_NAMES, Layer},
    linear::{Linear, Weight},
};
use crate::{config::Qwen2Config, error::Result, ops::attention::HeadShape};

/// A tensor as a source of weights hands it over.
pub(super) enum Parameter {
    Frozen(Tensor),
    Trained(Var),
}

impl Weight {
    /// The tensor of a dense matrix.
    pub(super) fn into_tensor(self) -> Tensor {
        match self {
            Self::Frozen(tensor) | Self::Trained(tensor) => tensor,
            Self::Quantized(_) => unreachable!("dense checkpoints hold no quantized matrix"),
        }
    }
}

/// Rows and columns of each linear of a layer, in the order of [`LINEAR_NAMES`], and whether it has a bias.
pub(super) fn linear_shapes(config: &Qwen2Config) -> [([usize; 2], bool); 7] {
    let (hidden, key_value, ffn) = (
        config.hidden_size,
        config.key_value_size(),
        config.intermediate_size,
    );
    [
        ([hidden, hidden], true),
        ([key_value, hidden], true),
        ([key_value, hidden], true),
        ([hidden, hidden], false),
        ([ffn, hidden], false),
        ([ffn, hidden], false),
        ([hidden, ffn], false),
    ]
}

pub(super) fn head_shape(config: &Qwen2Config) -> HeadShape {
    HeadShape {
        heads: config.num_attention_heads,
        key_value_heads: config.num_key_value_heads,
        head_dim: config.head_dim(),
    }
}

/// A layer whose weights `take` finds by name and shape.
pub(super) fn build_layer(
    config: &Qwen2Config,
    index: usize,
    take: &mut impl FnMut(&str, &[usize]) -> Result<Weight>,
) -> Result<Layer> {
    let prefix = format!("model.layers.{index}");
    let shapes = linear_shapes(config);
    let mut linears = Vec::with_capacity(7);
    for (name, (shape, has_bias)) in LINEAR_NAMES.iter().zip(shapes) {
        let name = format!("{prefix}.{name}");
        let weight = take(&format!("{name}.weight"), &shape)?;
        let bias = if has_bias {
            Some(take(&format!("{name}.bias"), &shape[..1])?.into_tensor())
        } else {
            None
        };
        linears.push(Linear::new(name, weight, bias, shape));
    }
    let norm = [config.hidden_size];
    Ok(Layer {
        index,
        input_norm: take(&format!("{prefix}.input_layernorm.weight"), &norm)?.into_tensor(),
        post_attention_norm: take(&format!("{prefix}.post_attention_layernorm.weight"), &norm)?
            .into_tensor(),
        linears: linears.try_into().expect("seven names and shapes"),
        heads: head_shape(config),
        epsilon: config.rms_norm_eps,
    })
}

/// Normal deviates (Box & Muller 1958) of the stream that belongs to `name`.
pub(super) fn normal(seed: u64, name: &str, count: usize, deviation: f32) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(persona_core::random::derive_seed(seed, name));
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let radius = (-2.0 * (1.0 - random.random::<f32>()).ln()).sqrt();
        let angle = std::f32::consts::TAU * random.random::<f32>();
        values.extend([
            deviation * radius * angle.cos(),
            deviation * radius * angle.sin(),
        ]);
    }
    values.truncate(count);
    values
}

//! Building a network from named weights.

use candle_core::{Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    layer::Layer,
    linear::{Linear, Weight},
};
use crate::{
    config::Qwen2Config,
    error::Result,
    ops::attention::HeadShape,
    tensors::{INPUT_NORM, LINEARS, POST_ATTENTION_NORM, layer_prefix},
};

/// A tensor from a source of weights, frozen or trained.
pub(super) enum Parameter {
    Frozen(Tensor),
    Trained(Var),
}

impl Weight {
    /// Returns the tensor of a dense matrix.
    pub(super) fn into_tensor(self) -> Tensor {
        match self {
            Self::Frozen(tensor) | Self::Trained(tensor) => tensor,
            Self::Quantized(_) => unreachable!("dense checkpoints hold no quantized matrix"),
        }
    }
}

pub(super) fn head_shape(config: &Qwen2Config) -> HeadShape {
    HeadShape {
        heads: config.num_attention_heads,
        key_value_heads: config.num_key_value_heads,
        head_dim: config.head_dim(),
    }
}

/// Builds a layer from weights that `take` finds by name and shape.
pub(super) fn build_layer(
    config: &Qwen2Config,
    index: usize,
    take: &mut impl FnMut(&str, &[usize]) -> Result<Weight>,
) -> Result<Layer> {
    let prefix = layer_prefix(index);
    let mut linears = Vec::with_capacity(LINEARS.len());
    for spec in &LINEARS {
        let (name, shape) = (format!("{prefix}{}", spec.name), spec.shape(config));
        let weight = take(&format!("{name}.weight"), &shape)?;
        let bias = if spec.bias {
            Some(take(&format!("{name}.bias"), &shape[..1])?.into_tensor())
        } else {
            None
        };
        linears.push(Linear::new(name, weight, bias, shape));
    }
    let mut norm = |name: &str| -> Result<Tensor> {
        Ok(take(&format!("{prefix}{name}"), &[config.hidden_size])?.into_tensor())
    };
    Ok(Layer {
        index,
        input_norm: norm(INPUT_NORM.checkpoint)?,
        post_attention_norm: norm(POST_ATTENTION_NORM.checkpoint)?,
        linears: linears.try_into().expect("seven names and shapes"),
        heads: head_shape(config),
        epsilon: config.rms_norm_eps,
    })
}

/// Normal deviates (Box & Muller 1958) from the random stream of `name`.
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

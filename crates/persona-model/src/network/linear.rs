//! A linear layer: frozen, trained or quantized weights, an optional bias, an optional low-rank part.

use candle_core::{Module, Result, Tensor, quantized::QMatMul};
use persona_core::hash::fnv1a;

use crate::ops::{
    Dropout, LoraFactors,
    linear::{frozen_linear, trained_linear},
    lora_linear,
};

/// Options of one forward pass that every layer needs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pass {
    /// Seed of the dropout masks; `None` switches dropout off.
    pub(crate) dropout_seed: Option<u64>,
}

/// Matrix of a linear layer, (out, in).
#[derive(Debug)]
pub(crate) enum Weight {
    /// Frozen weights in f32, f16 or bf16.
    Frozen(Tensor),
    /// Trained weights: a variable in f32.
    Trained(Tensor),
    /// Quantized weights: blocks of a GGUF file.
    Quantized(QMatMul),
}

/// `y = x Wᵀ + b`, plus the low-rank part where there is one.
#[derive(Debug)]
pub(crate) struct Linear {
    /// Module name below the model, such as `model.layers.0.self_attn.q_proj`.
    pub(crate) name: String,
    pub(crate) weight: Weight,
    pub(crate) bias: Option<Tensor>,
    pub(crate) lora: Option<LoraFactors>,
    /// Dropout rate on the input of the low-rank part.
    pub(crate) dropout: f32,
    /// Rows and columns of the matrix.
    pub(crate) shape: [usize; 2],
}

impl Linear {
    pub(crate) fn new(
        name: String,
        weight: Weight,
        bias: Option<Tensor>,
        shape: [usize; 2],
    ) -> Self {
        Self {
            name,
            weight,
            bias,
            lora: None,
            dropout: 0.0,
            shape,
        }
    }

    /// Computes x (tokens, in) → (tokens, out).
    pub(crate) fn forward(&self, x: &Tensor, pass: Pass) -> Result<Tensor> {
        let bias = self.bias.as_ref();
        match (&self.weight, &self.lora) {
            (Weight::Frozen(weight), Some(factors)) => {
                lora_linear(x, weight, bias, factors, self.mask(pass))
            }
            (Weight::Frozen(weight), None) => frozen_linear(x, weight, bias),
            (Weight::Trained(weight), _) => trained_linear(x, weight, bias),
            (Weight::Quantized(weight), _) => {
                let y = weight.forward(&x.contiguous()?)?;
                match bias {
                    Some(bias) => y.broadcast_add(bias),
                    None => Ok(y),
                }
            }
        }
    }

    /// Dropout mask of this layer. Its name is part of the seed, so that every layer drops other inputs.
    fn mask(&self, pass: Pass) -> Option<Dropout> {
        let seed = pass.dropout_seed.filter(|_| self.dropout > 0.0)?;
        let name = fnv1a(self.name.bytes().map(u64::from));
        Some(Dropout {
            seed: seed ^ name,
            rate: self.dropout,
        })
    }
}

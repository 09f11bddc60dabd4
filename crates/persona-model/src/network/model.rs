//! Qwen2 (Yang et al. 2024): embedding, decoder layers, final norm, output matrix.

use std::{path::Path, sync::Arc};

use candle_core::{DType, Device, Tensor, Var, quantized::QTensor};

use super::{
    adapter_config::AdapterConfig,
    build::{Parameter, build_layer, normal},
    cache::KvCache,
    layer::Layer,
    linear::{Linear, Pass, Weight},
};
use crate::{
    config::Qwen2Config,
    error::{Error, Result},
    ops::{RopeTable, rms_norm},
    segments::Segments,
    tensors::{EMBEDDING, FINAL_NORM, HEAD, LINEARS, without_ending},
    weights::Checkpoint,
};

/// Options for loading a model.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Type of the frozen matrices: f32, or bf16 for half the memory. Everything is computed in f32 on the CPU.
    pub dtype: DType,
    /// Device that holds the weights.
    pub device: Device,
}

impl LoadOptions {
    /// Options for f32 weights on the CPU.
    pub fn cpu() -> Self {
        Self {
            dtype: DType::F32,
            device: Device::Cpu,
        }
    }
}

/// A Qwen2 network with its weights.
#[derive(Debug)]
pub struct Qwen2 {
    pub(super) config: Qwen2Config,
    pub(super) device: Device,
    pub(super) embedding: Embedding,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Tensor,
    /// Output matrix; `None` where it is the embedding.
    pub(super) head: Option<Linear>,
    /// Configuration of the adapter, once one is attached.
    pub(super) lora: Option<AdapterConfig>,
    /// Trainable variables, by their names in the file they are saved to.
    pub(super) variables: Vec<(String, Var)>,
}

/// Embedding matrix, (vocab, hidden).
#[derive(Debug)]
pub(super) enum Embedding {
    Dense(Tensor),
    /// A quantized embedding, whose rows are unpacked when they are asked for.
    Quantized {
        rows: Arc<QTensor>,
        as_head: Linear,
    },
}

impl Qwen2 {
    /// Loads a frozen model from a folder in Hugging Face layout.
    pub fn load(folder: &Path, options: &LoadOptions) -> Result<Self> {
        let config = Qwen2Config::load(folder)?;
        let checkpoint = Checkpoint::open(folder)?;
        Self::build(config, &options.device, |name, shape| {
            let dtype = if shape.len() == 1 {
                DType::F32
            } else {
                options.dtype
            };
            Ok(Parameter::Frozen(checkpoint.shaped(
                name,
                shape,
                dtype,
                &options.device,
            )?))
        })
    }

    /// Creates a model of random weights, all of them trained: matrices from N(0, 0.02²), the output side of each
    /// residual branch smaller by √(2 · layers) (Radford et al. 2019), biases 0, norms 1.
    pub fn init(config: Qwen2Config, seed: u64, device: &Device) -> Result<Self> {
        config.check()?;
        let branches = (2.0 * config.num_hidden_layers as f32).sqrt();
        Self::build(config, device, |name, shape| {
            let count = shape.iter().product();
            let values = match shape {
                [_] if name.ends_with("bias") => vec![0.0; count],
                [_] => vec![1.0; count],
                _ => {
                    let mut inner = LINEARS.iter().filter(|linear| linear.residual);
                    let residual = inner.any(|linear| name.contains(linear.name));
                    normal(
                        seed,
                        name,
                        count,
                        if residual { 0.02 / branches } else { 0.02 },
                    )
                }
            };
            Ok(Parameter::Trained(Var::from_vec(values, shape, device)?))
        })
    }

    fn build(
        config: Qwen2Config,
        device: &Device,
        mut parameter: impl FnMut(&str, &[usize]) -> Result<Parameter>,
    ) -> Result<Self> {
        let mut variables = Vec::new();
        let mut take = |name: &str, shape: &[usize]| -> Result<Weight> {
            Ok(match parameter(name, shape)? {
                Parameter::Frozen(tensor) => Weight::Frozen(tensor),
                Parameter::Trained(var) => {
                    let tensor = var.as_tensor().clone();
                    variables.push((name.to_owned(), var));
                    Weight::Trained(tensor)
                }
            })
        };
        let hidden = config.hidden_size;
        let embedding = take(EMBEDDING.checkpoint, &[config.vocab_size, hidden])?;
        let layers = (0..config.num_hidden_layers)
            .map(|index| build_layer(&config, index, &mut take))
            .collect::<Result<_>>()?;
        let norm = take(FINAL_NORM.checkpoint, &[hidden])?.into_tensor();
        let head = if config.tie_word_embeddings {
            None
        } else {
            let shape = [config.vocab_size, hidden];
            Some(Linear::new(
                without_ending(HEAD.checkpoint).to_owned(),
                take(HEAD.checkpoint, &shape)?,
                None,
                shape,
            ))
        };
        Ok(Self {
            embedding: Embedding::Dense(embedding.into_tensor()),
            layers,
            norm,
            head,
            config,
            device: device.clone(),
            lora: None,
            variables,
        })
    }

    /// Shape of the network.
    pub fn config(&self) -> &Qwen2Config {
        &self.config
    }

    /// Device that holds the weights.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Trainable variables by name: all weights of a model from [`Qwen2::init`], or the factors of a trainable adapter.
    pub fn variables(&self) -> &[(String, Var)] {
        &self.variables
    }

    /// Computes hidden states after the final norm: ids → (tokens, hidden), f32.
    ///
    /// With a cache, `segments` must start where the cache ends; the new keys and values are added to it.
    /// `dropout_seed` switches on the adapter's dropout; its masks depend on nothing but the seed.
    pub fn forward(
        &self,
        ids: &[u32],
        segments: &Segments,
        mut cache: Option<&mut KvCache>,
        dropout_seed: Option<u64>,
    ) -> Result<Tensor> {
        self.check_input(ids, segments, cache.as_deref())?;
        if let Some(cache) = cache.as_deref_mut() {
            cache.discard_unfinished();
        }
        let pass = Pass { dropout_seed };
        let rope_table = RopeTable::new(
            &segments.positions(),
            self.config.head_dim(),
            self.config.rope_theta,
        );
        let segments = Arc::new(segments.clone());
        let mut x = self.embed(ids)?; // (tokens, hidden)
        for layer in &self.layers {
            x = layer.forward(&x, &rope_table, &segments, cache.as_deref_mut(), pass)?;
        }
        if let Some(cache) = cache {
            cache.finish(ids.len());
        }
        Ok(rms_norm(&x, &self.norm, self.config.rms_norm_eps)?)
    }

    fn check_input(&self, ids: &[u32], segments: &Segments, cache: Option<&KvCache>) -> Result<()> {
        let cached = cache.map_or(0, KvCache::len);
        if ids.is_empty() || ids.len() != segments.tokens() || segments.past() != cached {
            return Err(Error::Input(format!(
                "{} ids for {} tokens after {}, with {cached} in the cache",
                ids.len(),
                segments.tokens(),
                segments.past()
            )));
        }
        if cache.is_some() && !self.device.is_cpu() {
            return Err(Error::Input("a cache needs a model on the CPU".to_owned()));
        }
        match ids
            .iter()
            .find(|id| **id as usize >= self.config.vocab_size)
        {
            Some(id) => Err(Error::Input(format!(
                "token {id} is outside the vocabulary of {}",
                self.config.vocab_size
            ))),
            None => Ok(()),
        }
    }

    fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        let ids = Tensor::new(ids, &self.device)?;
        Ok(match &self.embedding {
            Embedding::Dense(rows) => rows.index_select(&ids, 0)?.to_dtype(DType::F32)?,
            Embedding::Quantized { rows, .. } => rows.embedding(&ids)?.to_dtype(DType::F32)?,
        })
    }

    /// Computes logits (rows, vocab), f32, from hidden states (rows, hidden).
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        let pass = Pass::default();
        Ok(match (&self.head, &self.embedding) {
            (Some(head), _) => head.forward(hidden, pass)?,
            (None, Embedding::Quantized { as_head, .. }) => as_head.forward(hidden, pass)?,
            (None, Embedding::Dense(rows)) => {
                crate::ops::linear::frozen_linear(hidden, rows, None)?
            }
        })
    }

    /// Output matrix (vocab, hidden); `None` where it is quantized.
    pub(crate) fn output_matrix(&self) -> Option<&Tensor> {
        match (&self.head, &self.embedding) {
            (
                Some(Linear {
                    weight: Weight::Frozen(matrix) | Weight::Trained(matrix),
                    ..
                }),
                _,
            )
            | (None, Embedding::Dense(matrix)) => Some(matrix),
            _ => None,
        }
    }

    pub(super) fn linears_mut(&mut self) -> impl Iterator<Item = &mut Linear> {
        self.layers.iter_mut().flat_map(|layer| &mut layer.linears)
    }

    pub(super) fn linears(&self) -> impl Iterator<Item = &Linear> {
        self.layers.iter().flat_map(|layer| &layer.linears)
    }
}

#[cfg(test)]
mod tests;

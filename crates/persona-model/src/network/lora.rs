//! Attaching LoRA factors to a model: fresh ones to train, or those of an adapter.

use candle_core::{DType, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    adapter::{Adapter, Side, key_of},
    adapter_config::AdapterConfig,
    linear::{Linear, Weight},
    lora_config::LoraConfig,
    model::Qwen2,
};
use crate::{
    error::{Error, Result},
    ops::LoraFactors,
};

impl Qwen2 {
    /// Attaches fresh factors to train: A uniform in ±1/√in (as PEFT's Kaiming initialisation with a = √5), B zero.
    pub fn attach_lora(&mut self, config: &LoraConfig, seed: u64) -> Result<()> {
        config.check()?;
        let device = self.device.clone();
        let wanted = AdapterConfig::new(config, "");
        let is_target = |module: &str| wanted.is_target(module) == Some(true);
        self.attach(&wanted, is_target, |linear, side| {
            let [out, inner] = linear.shape;
            let (shape, values) = match side {
                Side::A => (
                    (config.rank, inner),
                    uniform(seed, &linear.name, config.rank * inner, inner),
                ),
                Side::B => ((out, config.rank), vec![0.0; out * config.rank]),
            };
            Ok(Factor::Trained(Var::from_vec(values, shape, &device)?))
        })
    }

    /// Attaches the factors of an adapter, to train them further or to use them as they are.
    pub fn load_adapter(&mut self, adapter: &Adapter, trainable: bool) -> Result<()> {
        let config = &adapter.config;
        let device = self.device.clone();
        let is_target = |module: &str| {
            config
                .is_target(module)
                .unwrap_or_else(|| adapter.has(module))
        };
        self.attach(config, is_target, |linear, side| {
            let [out, inner] = linear.shape;
            let rank = config.rank_of(&linear.name);
            let expected = match side {
                Side::A => [rank, inner],
                Side::B => [out, rank],
            };
            let tensor = adapter
                .tensor(&key_of(&linear.name, side), expected)?
                .to_dtype(DType::F32)?
                .to_device(&device)?;
            Ok(if trainable {
                Factor::Trained(Var::from_tensor(&tensor)?)
            } else {
                Factor::Frozen(tensor)
            })
        })?;
        adapter.check_all_used(
            self.linears()
                .filter(|linear| linear.lora.is_some())
                .map(|linear| linear.name.as_str()),
        )
    }

    /// Returns the attached factors as an adapter.
    pub fn adapter(&self, base_name: &str) -> Result<Adapter> {
        let config = self
            .lora
            .as_ref()
            .ok_or_else(|| Error::Input("no adapter is attached".to_owned()))?;
        let mut tensors = std::collections::BTreeMap::new();
        for linear in self.linears() {
            if let Some(factors) = &linear.lora {
                tensors.insert(key_of(&linear.name, Side::A), factors.a.detach().copy()?);
                tensors.insert(key_of(&linear.name, Side::B), factors.b.detach().copy()?);
            }
        }
        Ok(Adapter::new(
            config.clone().with_base_name(base_name),
            tensors,
        ))
    }

    fn attach(
        &mut self,
        config: &AdapterConfig,
        is_target: impl Fn(&str) -> bool,
        mut factor: impl FnMut(&Linear, Side) -> Result<Factor>,
    ) -> Result<()> {
        let mut variables = Vec::new();
        for linear in self.linears_mut() {
            if !is_target(&linear.name) {
                continue;
            }
            if !matches!(linear.weight, Weight::Frozen(_)) {
                return Err(Error::Input(format!(
                    "`{}` is quantized or trained itself and takes no adapter",
                    linear.name
                )));
            }
            let mut take = |side| -> Result<Tensor> {
                Ok(match factor(linear, side)? {
                    Factor::Frozen(tensor) => tensor,
                    Factor::Trained(var) => {
                        let tensor = var.as_tensor().clone();
                        variables.push((key_of(&linear.name, side), var));
                        tensor
                    }
                })
            };
            let (a, b) = (take(Side::A)?, take(Side::B)?);
            let scale = config.scale_of(&linear.name);
            linear.lora = Some(LoraFactors { a, b, scale });
            linear.dropout = config.dropout();
        }
        self.variables = variables;
        self.lora = Some(config.clone());
        Ok(())
    }
}

enum Factor {
    Frozen(Tensor),
    Trained(Var),
}

fn uniform(seed: u64, name: &str, count: usize, fan_in: usize) -> Vec<f32> {
    let bound = 1.0 / (fan_in as f32).sqrt();
    let mut random = ChaCha8Rng::seed_from_u64(persona_core::random::derive_seed(seed, name));
    (0..count)
        .map(|_| random.random_range(-bound..bound))
        .collect()
}

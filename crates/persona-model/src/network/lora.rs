//! Attaching low-rank factors to a model: fresh ones to train, or those of an adapter.

use candle_core::{DType, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{
    adapter::{Adapter, AdapterConfig, key_of},
    linear::{Linear, Weight},
    model::Qwen2,
};
use crate::{
    error::{Error, Result},
    ops::LoraFactors,
};

/// The seven linears of a layer, as PEFT names them.
pub const ALL_TARGETS: [&str; 7] = [
    "q_proj",
    "k_proj",
    "v_proj",
    "o_proj",
    "gate_proj",
    "up_proj",
    "down_proj",
];

/// Shape and strength of the low-rank part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoraConfig {
    /// Width of the low-rank part.
    pub rank: usize,
    /// Its output is scaled by `alpha / rank`.
    pub alpha: f64,
    /// Share of its inputs dropped in training.
    pub dropout: f32,
    /// Which linears get one, by their last name.
    pub targets: Vec<String>,
}

impl LoraConfig {
    fn check(&self) -> Result<()> {
        let wrong = |key: &str, found: String, expected: &str| {
            Err(Error::Config {
                key: key.to_owned(),
                found,
                expected: expected.to_owned(),
            })
        };
        if self.rank == 0 {
            return wrong("rank", "0".to_owned(), "at least 1");
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return wrong(
                "dropout",
                self.dropout.to_string(),
                "at least 0 and below 1",
            );
        }
        match self
            .targets
            .iter()
            .find(|target| !ALL_TARGETS.contains(&target.as_str()))
        {
            Some(target) => wrong(
                "targets",
                target.clone(),
                &format!("some of {}", ALL_TARGETS.join(", ")),
            ),
            None if self.targets.is_empty() => {
                wrong("targets", "empty".to_owned(), "at least one linear")
            }
            None => Ok(()),
        }
    }
}

impl Qwen2 {
    /// Attaches fresh factors to train: A uniform in ±1/√in (as PEFT's Kaiming initialisation with a = √5), B zero.
    pub fn attach_lora(&mut self, config: &LoraConfig, seed: u64) -> Result<()> {
        config.check()?;
        let device = self.device.clone();
        self.attach(config, config.alpha / config.rank as f64, |linear, side| {
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
        let config = adapter.config.lora();
        config.check()?;
        let device = self.device.clone();
        self.attach(&config, adapter.config.scale(), |linear, side| {
            let [out, inner] = linear.shape;
            let key = key_of(&linear.name, side);
            let expected = match side {
                Side::A => [config.rank, inner],
                Side::B => [out, config.rank],
            };
            let tensor = adapter
                .tensor(&key, expected)?
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

    /// The attached factors as an adapter.
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
        Ok(Adapter::new(AdapterConfig::new(config, base_name), tensors))
    }

    fn attach(
        &mut self,
        config: &LoraConfig,
        scale: f64,
        mut factor: impl FnMut(&Linear, Side) -> Result<Factor>,
    ) -> Result<()> {
        let mut variables = Vec::new();
        for linear in self.linears_mut() {
            let last = linear.name.rsplit('.').next().unwrap_or_default();
            if !config.targets.iter().any(|target| target == last) {
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
            linear.lora = Some(LoraFactors { a, b, scale });
            linear.dropout = config.dropout;
        }
        self.variables = variables;
        self.lora = Some(config.clone());
        Ok(())
    }
}

/// Which of the two factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// (rank, in)
    A,
    /// (out, rank)
    B,
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

//! The adapter that a recipe trains: where it begins, and where it is written.

use std::path::Path;

use candle_core::{DType, Device};
use persona_core::{atomic, hash::hash_path, layout, random::derive_seed};
use persona_model::{Adapter, AdapterConfig, LoadOptions, LoraConfig, Qwen2};

use crate::{
    config::Precision,
    engine::Engine,
    error::Error,
    optimizer::{AdamW, AdamWConfig},
    workers::Workers,
};

/// Where training begins.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The base model, a folder in Hugging Face layout. Its weights stay as they are.
    pub base: &'a Path,
    /// An adapter to train further; `None` starts a fresh one.
    pub adapter: Option<&'a Path>,
}

impl Start<'_> {
    /// Loads the base, with an adapter on it that trains. One that is there already keeps its rank, alpha and targets;
    /// dropout is that of `lora`.
    pub fn load(&self, precision: Precision, lora: &LoraConfig, seed: u64) -> Result<Qwen2, Error> {
        let options = LoadOptions {
            dtype: match precision {
                Precision::F32 => DType::F32,
                Precision::Bf16 => DType::BF16,
            },
            device: Device::Cpu,
        };
        let mut model = Qwen2::load(self.base, &options)?;
        let Some(folder) = self.adapter else {
            model.attach_lora(lora, derive_seed(seed, "adapter"))?;
            return Ok(model);
        };
        let found = Adapter::load(folder)?;
        let lora = LoraConfig {
            dropout: lora.dropout,
            ..found.config.lora()
        };
        let config = AdapterConfig::new(&lora, found.config.base_name());
        model.load_adapter(&Adapter::new(config, found.tensors), true)?;
        Ok(model)
    }

    /// A hash of the adapter's files, for the identity of a run.
    pub fn adapter_hash(&self) -> Result<String, Error> {
        match self.adapter {
            Some(folder) => Ok(hash_path(folder)?),
            None => Ok("fresh".to_owned()),
        }
    }
}

/// An engine that trains the adapter of `model` with AdamW, on as many threads as the machine has.
pub fn engine(model: Qwen2, optimizer: AdamWConfig) -> Result<Engine, Error> {
    let variables = model.variables().to_vec();
    Engine::new(
        model,
        variables,
        |_, _| true,
        |values| Box::new(AdamW::new(optimizer, values)),
        Workers::of_machine(),
    )
}

/// Writes the adapter of `model` to `out/adapter`. The base is named by its folder, wherever that lies.
pub fn save(model: &Qwen2, base: &Path, out: &Path) -> Result<(), Error> {
    let name = base.file_name().unwrap_or_default().to_string_lossy();
    let adapter = model.adapter(&name)?;
    atomic::replace_folder(&out.join(layout::ADAPTER), |folder| {
        Ok(adapter.save(folder)?)
    })
}

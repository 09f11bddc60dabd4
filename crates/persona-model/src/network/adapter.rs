//! LoRA adapters on disk, in the format of PEFT: `adapter_config.json` and `adapter_model.safetensors`.

use std::{collections::BTreeMap, fs, path::Path};

use candle_core::{DType, Device, Tensor};
use persona_core::{FileError, atomic};
use safetensors::{Dtype, tensor::TensorView};
use serde_json::{Value, json};

use super::lora::{LoraConfig, Side};
use crate::{
    error::{Error, Result},
    ops::to_values,
    weights::Checkpoint,
};

/// File name of the configuration.
pub const CONFIG_FILE: &str = "adapter_config.json";
/// File name of the weights.
pub const WEIGHTS_FILE: &str = "adapter_model.safetensors";

/// What `adapter_config.json` says.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterConfig {
    rank: usize,
    alpha: f64,
    dropout: f32,
    targets: Vec<String>,
    rank_stabilised: bool,
    base_name: String,
}

impl AdapterConfig {
    /// The configuration of a freshly trained adapter.
    pub fn new(lora: &LoraConfig, base_name: &str) -> Self {
        Self {
            rank: lora.rank,
            alpha: lora.alpha,
            dropout: lora.dropout,
            targets: lora.targets.clone(),
            rank_stabilised: false,
            base_name: base_name.to_owned(),
        }
    }

    /// Rank, alpha, dropout and targets.
    pub fn lora(&self) -> LoraConfig {
        LoraConfig {
            rank: self.rank,
            alpha: self.alpha,
            dropout: self.dropout,
            targets: self.targets.clone(),
        }
    }

    /// What the product of the factors is multiplied by: α / r, or α / √r where the adapter is rank-stabilised.
    pub fn scale(&self) -> f64 {
        let rank = self.rank as f64;
        self.alpha
            / if self.rank_stabilised {
                rank.sqrt()
            } else {
                rank
            }
    }

    /// Name or path of the base model that the adapter was trained on, as the file has it.
    pub fn base_name(&self) -> &str {
        &self.base_name
    }

    fn load(path: &Path) -> Result<Self> {
        let bytes = fs::read(path).map_err(FileError::read(path))?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| FileError::content(path, format!("line {}", error.line()), error))?;
        let wrong = |key: &str, expected: &str| {
            FileError::content(
                path,
                format!("key `{key}`"),
                format!("found {}, expected {expected}", value[key]),
            )
        };
        if value["peft_type"].as_str() != Some("LORA") {
            return Err(wrong("peft_type", "\"LORA\"").into());
        }
        for key in ["use_dora", "fan_in_fan_out"] {
            if value[key].as_bool() == Some(true) {
                return Err(wrong(key, "false").into());
            }
        }
        for key in ["rank_pattern", "alpha_pattern"] {
            if value[key]
                .as_object()
                .is_some_and(|pattern| !pattern.is_empty())
            {
                return Err(wrong(key, "an empty object: one rank and alpha for all").into());
            }
        }
        let targets = match &value["target_modules"] {
            Value::Array(names) => names
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            _ => return Err(wrong("target_modules", "a list of names").into()),
        };
        Ok(Self {
            rank: value["r"]
                .as_u64()
                .filter(|rank| *rank > 0)
                .ok_or_else(|| wrong("r", "a whole number above 0"))? as usize,
            alpha: value["lora_alpha"]
                .as_f64()
                .ok_or_else(|| wrong("lora_alpha", "a number"))?,
            dropout: value["lora_dropout"].as_f64().unwrap_or(0.0) as f32,
            targets,
            rank_stabilised: value["use_rslora"].as_bool().unwrap_or(false),
            base_name: value["base_model_name_or_path"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "alpha_pattern": {},
            "base_model_name_or_path": self.base_name,
            "bias": "none",
            "fan_in_fan_out": false,
            "inference_mode": true,
            "init_lora_weights": true,
            "lora_alpha": self.alpha,
            // Widening 0.05_f32 would print 0.05000000074505806.
            "lora_dropout": self.dropout.to_string().parse::<f64>().unwrap_or_default(),
            "modules_to_save": null,
            "peft_type": "LORA",
            "r": self.rank,
            "rank_pattern": {},
            "target_modules": self.targets,
            "task_type": "CAUSAL_LM",
            "use_dora": false,
            "use_rslora": self.rank_stabilised,
        })
    }
}

/// An adapter in memory.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// What its configuration file says.
    pub config: AdapterConfig,
    /// The factors by their PEFT keys.
    pub tensors: BTreeMap<String, Tensor>,
    source: std::path::PathBuf,
}

impl Adapter {
    /// An adapter that was not read from a file.
    pub fn new(config: AdapterConfig, tensors: BTreeMap<String, Tensor>) -> Self {
        Self {
            config,
            tensors,
            source: "in memory".into(),
        }
    }

    /// Reads the adapter in `folder`.
    pub fn load(folder: &Path) -> Result<Self> {
        for file in [CONFIG_FILE, WEIGHTS_FILE] {
            if !folder.join(file).is_file() {
                return Err(Error::MissingFile {
                    folder: folder.to_owned(),
                    file: file.to_owned(),
                    purpose: "a LoRA adapter in the format of PEFT".to_owned(),
                });
            }
        }
        let config = AdapterConfig::load(&folder.join(CONFIG_FILE))?;
        let checkpoint = Checkpoint::open_file(&folder.join(WEIGHTS_FILE))?;
        let tensors = checkpoint
            .names()
            .map(|name| {
                Ok((
                    name.to_owned(),
                    checkpoint.tensor(name, DType::F32, &Device::Cpu)?,
                ))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            config,
            tensors,
            source: folder.to_owned(),
        })
    }

    /// Writes the adapter into `folder`, f32.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let mut bytes = BTreeMap::new();
        for (name, tensor) in &self.tensors {
            let values = to_values(&tensor.to_device(&Device::Cpu)?)?;
            let raw: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            bytes.insert(name.as_str(), (tensor.dims().to_vec(), raw));
        }
        let path = folder.join(WEIGHTS_FILE);
        let broken =
            |error: safetensors::SafeTensorError| FileError::content(&path, "tensors", error);
        let mut views = Vec::new();
        for (name, (shape, raw)) in &bytes {
            views.push((
                *name,
                TensorView::new(Dtype::F32, shape.clone(), raw).map_err(broken)?,
            ));
        }
        let metadata = std::collections::HashMap::from([("format".to_owned(), "pt".to_owned())]);
        atomic::write(
            &path,
            safetensors::serialize(views, Some(metadata)).map_err(broken)?,
        )?;
        Ok(atomic::write_json(
            &folder.join(CONFIG_FILE),
            &self.config.to_json(),
        )?)
    }

    /// The factor `key`, which must have the given shape.
    pub(super) fn tensor(&self, key: &str, expected: [usize; 2]) -> Result<&Tensor> {
        let tensor = self.tensors.get(key).ok_or_else(|| {
            Error::adapter(
                &self.source,
                format!("has no tensor `{key}`, expected shape {expected:?}"),
            )
        })?;
        if tensor.dims() != expected {
            let message = format!(
                "`{key}` has shape {:?}, expected {expected:?}",
                tensor.dims()
            );
            return Err(Error::adapter(&self.source, message));
        }
        Ok(tensor)
    }

    /// Refuses an adapter with factors for modules that the model does not have.
    pub(super) fn check_all_used<'a>(&self, modules: impl Iterator<Item = &'a str>) -> Result<()> {
        let known: Vec<String> = modules
            .flat_map(|name| [key_of(name, Side::A), key_of(name, Side::B)])
            .collect();
        match self.tensors.keys().find(|key| !known.contains(key)) {
            Some(key) => Err(Error::adapter(
                &self.source,
                format!("`{key}` fits no module of the model"),
            )),
            None => Ok(()),
        }
    }
}

/// PEFT's key of a factor of `module`, such as `model.layers.0.self_attn.q_proj`.
pub(super) fn key_of(module: &str, side: Side) -> String {
    let side = match side {
        Side::A => "A",
        Side::B => "B",
    };
    format!("base_model.model.{module}.lora_{side}.weight")
}

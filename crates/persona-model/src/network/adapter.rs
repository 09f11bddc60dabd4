//! LoRA adapters on disk, in the format of PEFT: `adapter_config.json` and `adapter_model.safetensors`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor};
use persona_core::{FileError, atomic};
use safetensors::Dtype;
use serde_json::json;

use super::adapter_config::AdapterConfig;
pub use super::adapter_config::CONFIG_FILE;
use crate::{
    error::{Error, Result},
    ops::to_values,
    tensor_file::{self, NamedTensor},
    weights::Checkpoint,
};

/// File name of the adapter's weights.
pub const WEIGHTS_FILE: &str = "adapter_model.safetensors";
/// File name of the weights in PEFT before safetensors.
const PICKLE_FILE: &str = "adapter_model.bin";
/// Prefix of module names in keys of the weights.
const KEY_PREFIX: &str = "base_model.model.";

/// One of the two LoRA factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Factor A, `(rank, in)`.
    A,
    /// Factor B, `(out, rank)`.
    B,
}

impl Side {
    fn ending(self) -> &'static str {
        match self {
            Self::A => ".lora_A.weight",
            Self::B => ".lora_B.weight",
        }
    }
}

/// PEFT's key of a factor of `module`, such as `model.layers.0.self_attn.q_proj`.
pub fn key_of(module: &str, side: Side) -> String {
    format!("{KEY_PREFIX}{module}{}", side.ending())
}

/// Name of the module that the factor with the key `key` belongs to.
fn module_of(key: &str) -> Option<&str> {
    let rest = key.strip_prefix(KEY_PREFIX)?;
    rest.strip_suffix(Side::A.ending())
        .or_else(|| rest.strip_suffix(Side::B.ending()))
}

/// An open adapter folder: its configuration is read, its weights are not yet.
#[derive(Debug)]
pub struct AdapterFile {
    /// Folder of the adapter.
    pub folder: PathBuf,
    /// Contents of its `adapter_config.json`.
    pub config: AdapterConfig,
    /// LoRA factors, by their PEFT keys.
    pub weights: Checkpoint,
    /// Modules that have factors.
    pub modules: BTreeSet<String>,
}

impl AdapterFile {
    /// Opens the adapter in `folder`. Anything but plain LoRA is refused by name.
    pub fn open(folder: &Path) -> Result<Self> {
        let config = AdapterConfig::load(folder)?;
        let path = folder.join(WEIGHTS_FILE);
        let pickle = folder.join(PICKLE_FILE);
        if !path.is_file() && pickle.is_file() {
            return Err(FileError::advised(
                &pickle,
                "whole file".to_owned(),
                format!("a Python pickle, which can run code, expected `{WEIGHTS_FILE}`"),
                "load it in PEFT and save it anew: `save_pretrained` writes safetensors",
            )
            .into());
        }
        let weights = Checkpoint::open_file(&path)?;
        let mut modules = BTreeSet::new();
        for key in weights.names() {
            let Some(module) = module_of(key) else {
                let message = format!(
                    "found the tensor `{key}`, expected only `{KEY_PREFIX}….lora_A.weight` and `….lora_B.weight`; trained biases, embeddings and whole modules are not supported"
                );
                return Err(Error::adapter(folder, message));
            };
            if config.is_target(module) == Some(false) {
                let message =
                    format!("has `{key}`, which its {CONFIG_FILE} does not name among its modules");
                return Err(Error::adapter(folder, message));
            }
            modules.insert(module.to_owned());
        }
        if modules.is_empty() {
            return Err(Error::adapter(folder, "holds no tensors"));
        }
        Ok(Self {
            folder: folder.to_owned(),
            config,
            weights,
            modules,
        })
    }
}

/// An adapter in memory.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// Contents of its `adapter_config.json`.
    pub config: AdapterConfig,
    /// LoRA factors, by their PEFT keys.
    pub tensors: BTreeMap<String, Tensor>,
    source: PathBuf,
}

impl Adapter {
    /// Creates an adapter from tensors in memory.
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
            if !folder.join(file).is_file() && !folder.join(PICKLE_FILE).is_file() {
                return Err(Error::MissingFile {
                    folder: folder.to_owned(),
                    file: file.to_owned(),
                    purpose: "a LoRA adapter in the format of PEFT".to_owned(),
                });
            }
        }
        let file = AdapterFile::open(folder)?;
        let tensors = file
            .weights
            .names()
            .map(|name| {
                Ok((
                    name.to_owned(),
                    file.weights.tensor(name, DType::F32, &Device::Cpu)?,
                ))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            config: file.config,
            tensors,
            source: file.folder,
        })
    }

    /// Writes the adapter into `folder` as f32.
    pub fn save(&self, folder: &Path) -> Result<()> {
        let mut tensors = Vec::new();
        for (name, tensor) in &self.tensors {
            let values = to_values(&tensor.to_device(&Device::Cpu)?)?;
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            tensors.push(NamedTensor {
                name: name.clone(),
                dtype: Dtype::F32,
                shape: tensor.dims().to_vec(),
                bytes: bytes.into(),
            });
        }
        tensor_file::write(
            &folder.join(WEIGHTS_FILE),
            json!({ "format": "pt" }),
            &tensors,
        )?;
        Ok(atomic::write_json(
            &folder.join(CONFIG_FILE),
            &self.config.to_json(),
        )?)
    }

    /// Returns the factor `key`, which must have the given shape.
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

    /// Whether there is a factor for `module`.
    pub(super) fn has(&self, module: &str) -> bool {
        [Side::A, Side::B]
            .iter()
            .any(|side| self.tensors.contains_key(&key_of(module, *side)))
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

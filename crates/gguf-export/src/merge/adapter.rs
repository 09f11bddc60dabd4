//! A LoRA adapter in PEFT layout, as a merge needs it: every pair checked against the base before anything is written.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use persona_core::FileError;
use persona_model::weights::Checkpoint;
use serde_json::Value;

use super::arithmetic::{FloatType, Pair, read_floats};
use crate::{
    error::{Error, Result},
    qwen2::Expected,
};

const PREFIX: &str = "base_model.model.";

/// An adapter whose pairs are complete and of the ranks that its configuration states.
#[derive(Debug)]
pub(super) struct Adapter {
    folder: PathBuf,
    weights: Checkpoint,
    settings: Settings,
    /// Name of the base's tensor → name of the module, without `base_model.model.`.
    modules: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Settings {
    rank: usize,
    alpha: f64,
    rank_stabilised: bool,
    rank_pattern: BTreeMap<String, f64>,
    alpha_pattern: BTreeMap<String, f64>,
    /// Last parts of module names; empty where the configuration has an expression.
    targets: Vec<String>,
}

impl Adapter {
    /// Opens the adapter in `folder`.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let settings = Settings::load(folder)?;
        let weights = Checkpoint::open_file(&folder.join("adapter_model.safetensors"))?;
        let mut modules = BTreeMap::new();
        for key in weights.names() {
            let module = key.strip_prefix(PREFIX).and_then(|rest| {
                rest.strip_suffix(".lora_A.weight")
                    .or_else(|| rest.strip_suffix(".lora_B.weight"))
            });
            let Some(module) = module else {
                let message = format!(
                    "found the tensor `{key}`, expected only `{PREFIX}….lora_A.weight` and `….lora_B.weight`; trained biases, embeddings and whole modules cannot be merged"
                );
                return Err(Error::Adapter {
                    path: folder.to_owned(),
                    message,
                });
            };
            modules.insert(format!("{module}.weight"), module.to_owned());
        }
        if modules.is_empty() {
            return Err(Error::Adapter {
                path: folder.to_owned(),
                message: "holds no tensors".to_owned(),
            });
        }
        Ok(Self {
            folder: folder.to_owned(),
            weights,
            settings,
            modules,
        })
    }

    /// Number of pairs.
    pub(super) fn len(&self) -> usize {
        self.modules.len()
    }

    /// Checks that every pair is complete, has a matrix of its shape in the base, and that no target lacks its pair.
    pub(super) fn check_against(&self, base: &[Expected]) -> Result<()> {
        for (name, module) in &self.modules {
            let Some(matrix) = base.iter().find(|tensor| tensor.name == *name) else {
                return Err(self.error(format!(
                    "is for `{module}`, which the base model does not have"
                )));
            };
            self.check_pair(module, &matrix.shape)?;
        }
        for tensor in base {
            let Some(module) = tensor.name.strip_suffix(".weight") else {
                continue;
            };
            let last = module.rsplit('.').next().unwrap_or(module);
            if self.settings.targets.iter().any(|target| target == last)
                && !self.modules.contains_key(&tensor.name)
            {
                return Err(self.error(format!(
                    "has no `{}`, though `{last}` is one of its target_modules",
                    key(module, 'A')
                )));
            }
        }
        Ok(())
    }

    fn check_pair(&self, module: &str, base: &[usize]) -> Result<()> {
        let &[rows, columns] = base else {
            return Err(self.error(format!(
                "is for `{module}`, which is no matrix in the base model"
            )));
        };
        let rank = self.settings.rank_of(module);
        for (side, expected) in [('A', [rank, columns]), ('B', [rows, rank])] {
            let key = key(module, side);
            if !self.weights.contains(&key) {
                return Err(self.error(format!("has no `{key}`, the partner of a tensor it has")));
            }
            let (dtype, found) = self
                .weights
                .view(&key, |view| (view.dtype(), view.shape().to_vec()))?;
            if found != expected {
                return Err(self.error(format!(
                    "`{key}` has shape {found:?}, expected {expected:?} for rank {rank} and a base matrix of {rows} × {columns}"
                )));
            }
            if FloatType::of(dtype).is_none() {
                return Err(Error::DType {
                    path: self.folder.clone(),
                    name: key,
                    found: format!("{dtype:?}"),
                });
            }
        }
        Ok(())
    }

    /// The pair for the base's tensor `name`, where there is one.
    pub(super) fn pair(&self, name: &str) -> Result<Option<Pair>> {
        let Some(module) = self.modules.get(name) else {
            return Ok(None);
        };
        let rank = self.settings.rank_of(module);
        let read = |side| {
            self.weights.view(&key(module, side), |view| {
                let kind = FloatType::of(view.dtype()).expect("checked by `check_pair`");
                read_floats(view.data(), kind)
            })
        };
        let (a, b) = (read('A')?, read('B')?);
        Ok(Some(Pair {
            columns: a.len() / rank,
            a,
            b,
            rank,
            scale: self.settings.scale_of(module, rank),
        }))
    }

    fn error(&self, message: String) -> Error {
        Error::Adapter {
            path: self.folder.clone(),
            message,
        }
    }
}

fn key(module: &str, side: char) -> String {
    format!("{PREFIX}{module}.lora_{side}.weight")
}

impl Settings {
    fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("adapter_config.json");
        let bytes = fs::read(&path).map_err(FileError::read(&path))?;
        let json: Value = serde_json::from_slice(&bytes)
            .map_err(|error| FileError::content(&path, format!("line {}", error.line()), error))?;
        let wrong = |key: &str, expected: &str| {
            FileError::content(
                &path,
                format!("key `{key}`"),
                format!("found {}, expected {expected}", json[key]),
            )
        };
        if json["peft_type"]
            .as_str()
            .is_some_and(|kind| kind != "LORA")
        {
            return Err(wrong("peft_type", "\"LORA\"").into());
        }
        for key in ["use_dora", "fan_in_fan_out", "lora_bias"] {
            if json[key].as_bool() == Some(true) {
                return Err(wrong(key, "false: merging it is not implemented").into());
            }
        }
        if json["bias"].as_str().is_some_and(|bias| bias != "none") {
            return Err(wrong(
                "bias",
                "\"none\": merging trained biases is not implemented",
            )
            .into());
        }
        let rank = json["r"]
            .as_u64()
            .filter(|&rank| rank > 0)
            .ok_or_else(|| wrong("r", "a whole number from 1"))?;
        let targets = json["target_modules"].as_array().into_iter().flatten();
        Ok(Self {
            rank: rank as usize,
            alpha: json["lora_alpha"]
                .as_f64()
                .ok_or_else(|| wrong("lora_alpha", "a number"))?,
            rank_stabilised: json["use_rslora"].as_bool().unwrap_or(false),
            rank_pattern: pattern(&json["rank_pattern"])
                .ok_or_else(|| wrong("rank_pattern", "module names with numbers"))?,
            alpha_pattern: pattern(&json["alpha_pattern"])
                .ok_or_else(|| wrong("alpha_pattern", "module names with numbers"))?,
            targets: targets
                .filter_map(|target| target.as_str().map(str::to_owned))
                .collect(),
        })
    }

    fn rank_of(&self, module: &str) -> usize {
        matching(&self.rank_pattern, module).map_or(self.rank, |rank| rank as usize)
    }

    fn scale_of(&self, module: &str, rank: usize) -> f32 {
        let alpha = matching(&self.alpha_pattern, module).unwrap_or(self.alpha);
        let divisor = if self.rank_stabilised {
            (rank as f64).sqrt()
        } else {
            rank as f64
        };
        (alpha / divisor) as f32
    }
}

/// `None` where a key is more than the end of a module name (PEFT allows expressions) or a value is no number from 1.
fn pattern(json: &Value) -> Option<BTreeMap<String, f64>> {
    let plain = |key: &str| {
        key.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
    };
    json.as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            Some((
                key.clone(),
                value
                    .as_f64()
                    .filter(|&number| number >= 1.0 && plain(key))?,
            ))
        })
        .collect()
}

fn matching(pattern: &BTreeMap<String, f64>, module: &str) -> Option<f64> {
    let fits = |key: &str| {
        module
            .strip_suffix(key)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    pattern
        .iter()
        .find(|(key, _)| fits(key))
        .map(|(_, &value)| value)
}

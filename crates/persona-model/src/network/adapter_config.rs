//! `adapter_config.json` of a LoRA adapter in PEFT's format. A setting that changes what the adapter computes is either
//! honoured or refused.

mod modules;
mod refused;

use std::path::Path;

use persona_core::json::Document;
use serde_json::{Map, Value, json};

use super::lora_config::LoraConfig;
use crate::error::Result;
use modules::{Modules, Overrides};

/// File name of the configuration.
pub const CONFIG_FILE: &str = "adapter_config.json";

/// Contents of `adapter_config.json`.
///
/// Modules are named as in the base model, such as `model.layers.0.self_attn.q_proj`.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterConfig {
    rank: usize,
    alpha: f64,
    dropout: f32,
    modules: Modules,
    rank_pattern: Overrides,
    alpha_pattern: Overrides,
    rank_stabilised: bool,
    base_name: String,
}

impl AdapterConfig {
    /// Creates the configuration of a freshly trained adapter.
    pub fn new(lora: &LoraConfig, base_name: &str) -> Self {
        Self {
            rank: lora.rank,
            alpha: lora.alpha,
            dropout: lora.dropout,
            modules: Modules::named(&lora.targets),
            rank_pattern: Overrides::default(),
            alpha_pattern: Overrides::default(),
            rank_stabilised: false,
            base_name: base_name.to_owned(),
        }
    }

    /// Reads `adapter_config.json` in `folder`.
    pub fn load(folder: &Path) -> Result<Self> {
        let file = Document::read(&folder.join(CONFIG_FILE))?;
        refused::check(&file)?;
        let rank = file.whole("r")?;
        if rank == 0 {
            return Err(file.wrong("r", "a whole number from 1").into());
        }
        let dropout = file.get("lora_dropout").as_f64().unwrap_or(0.0) as f32;
        if !(0.0..1.0).contains(&dropout) {
            return Err(file.wrong("lora_dropout", "at least 0 and below 1").into());
        }
        let is_rank = |value: &Value| value.as_u64().is_some_and(|rank| rank > 0);
        Ok(Self {
            rank,
            alpha: file.number("lora_alpha")?,
            dropout,
            modules: Modules::load(&file)?,
            rank_pattern: Overrides::load(&file, "rank_pattern", is_rank)?,
            alpha_pattern: Overrides::load(&file, "alpha_pattern", Value::is_number)?,
            rank_stabilised: file.get("use_rslora").as_bool().unwrap_or(false),
            base_name: file
                .get("base_model_name_or_path")
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        })
    }

    /// Returns the configuration with another dropout rate.
    #[must_use]
    pub fn with_dropout(self, dropout: f32) -> Self {
        Self { dropout, ..self }
    }

    /// Returns the configuration for a base called `base_name`.
    #[must_use]
    pub(super) fn with_base_name(self, base_name: &str) -> Self {
        Self {
            base_name: base_name.to_owned(),
            ..self
        }
    }

    /// Rank of the adapter, where no pattern gives another.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Dropout rate: share of the inputs that training drops.
    pub fn dropout(&self) -> f32 {
        self.dropout
    }

    /// Name or path of the base that the adapter was trained on, as the file has it.
    pub fn base_name(&self) -> &str {
        &self.base_name
    }

    /// Whether the adapter has a pair of factors for `module`; `None` where only the weights can tell, since the
    /// configuration describes its modules by a regular expression that is not supported.
    pub fn is_target(&self, module: &str) -> Option<bool> {
        self.modules.contain(module)
    }

    /// Rank of the factors of `module`.
    pub fn rank_of(&self, module: &str) -> usize {
        self.rank_pattern
            .of(module)
            .and_then(Value::as_u64)
            .map_or(self.rank, |rank| rank as usize)
    }

    /// Factor on the product of the LoRA factors of `module`: α / r, or α / √r where the adapter is rank-stabilised.
    pub fn scale_of(&self, module: &str) -> f64 {
        let alpha = self.alpha_pattern.of(module).and_then(Value::as_f64);
        self.scale_with(alpha.unwrap_or(self.alpha), self.rank_of(module))
    }

    /// Factor on the product of the LoRA factors, where no pattern gives another.
    pub fn scale(&self) -> f64 {
        self.scale_with(self.alpha, self.rank)
    }

    fn scale_with(&self, alpha: f64, rank: usize) -> f64 {
        let rank = rank as f64;
        alpha
            / if self.rank_stabilised {
                rank.sqrt()
            } else {
                rank
            }
    }

    /// Contents of the file as JSON.
    pub(super) fn to_json(&self) -> Value {
        let mut all = json!({
            "alpha_pattern": self.alpha_pattern.to_json(),
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
            "rank_pattern": self.rank_pattern.to_json(),
            "target_modules": self.modules.targets_json(),
            "task_type": "CAUSAL_LM",
            "use_dora": false,
            "use_rslora": self.rank_stabilised,
        });
        let narrowed: Map<String, Value> = self.modules.narrowing_json();
        for (key, value) in narrowed {
            all[key] = value;
        }
        all
    }
}

//! Shape of a Qwen2 network, read from and written to `config.json`.

use std::path::Path;

use persona_core::{atomic, json::Document};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{Error, Result};

/// Shape of a Qwen2 network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Qwen2Config {
    /// Rows of the embedding; may be more than the tokenizer has tokens.
    pub vocab_size: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width of the feed-forward layer.
    pub intermediate_size: usize,
    /// Number of layers.
    pub num_hidden_layers: usize,
    /// Number of query heads.
    pub num_attention_heads: usize,
    /// Number of key and value heads.
    pub num_key_value_heads: usize,
    /// Epsilon of the RMS norms.
    pub rms_norm_eps: f64,
    /// Base of the rotary embedding.
    pub rope_theta: f64,
    /// Longest sequence the model was made for, in tokens.
    pub max_position_embeddings: usize,
    /// Whether the output matrix is the embedding.
    pub tie_word_embeddings: bool,
}

impl Qwen2Config {
    /// Width of one attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }

    /// Width of all key (or value) heads together.
    pub fn key_value_size(&self) -> usize {
        self.num_key_value_heads * self.head_dim()
    }

    /// Reads `config.json` of a model folder: the published key names and those of transformers 5.
    pub fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("config.json");
        if !path.is_file() {
            return Err(Error::MissingFile {
                folder: folder.to_owned(),
                file: "config.json".to_owned(),
                purpose: "a model in Hugging Face layout".to_owned(),
            });
        }
        Self::from_json(&Document::read(&path)?)
    }

    fn from_json(file: &Document) -> Result<Self> {
        if file.get("model_type") != "qwen2" {
            let expected = "\"qwen2\" (Qwen2 and Qwen2.5 models)";
            return Err(file.wrong("model_type", expected).into());
        }
        let theta = file.get("rope_theta").as_f64();
        let rope_theta = theta
            .or_else(|| file.get("rope_parameters.rope_theta").as_f64())
            .ok_or_else(|| file.wrong("rope_theta", "a number, here or in `rope_parameters`"))?;
        let heads = file.whole("num_attention_heads")?;
        let config = Self {
            vocab_size: file.whole("vocab_size")?,
            hidden_size: file.whole("hidden_size")?,
            intermediate_size: file.whole("intermediate_size")?,
            num_hidden_layers: file.whole("num_hidden_layers")?,
            num_attention_heads: heads,
            num_key_value_heads: file
                .get("num_key_value_heads")
                .as_u64()
                .map_or(heads, |number| number as usize),
            rms_norm_eps: file.get("rms_norm_eps").as_f64().unwrap_or(1e-6),
            rope_theta,
            max_position_embeddings: file.whole("max_position_embeddings")?,
            tie_word_embeddings: file.get("tie_word_embeddings").as_bool().unwrap_or(false),
        };
        config.check()?;
        Ok(config)
    }

    /// Refuses shapes that no network can have.
    pub(crate) fn check(&self) -> Result<()> {
        let positive = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("num_key_value_heads", self.num_key_value_heads),
        ];
        for (key, value) in positive {
            if value == 0 {
                return Err(config_error(key, value, "at least 1"));
            }
        }
        if !self
            .hidden_size
            .is_multiple_of(2 * self.num_attention_heads)
        {
            let expected = format!("a multiple of twice the {} heads", self.num_attention_heads);
            return Err(config_error("hidden_size", self.hidden_size, &expected));
        }
        if !self
            .num_attention_heads
            .is_multiple_of(self.num_key_value_heads)
        {
            let expected = format!(
                "a multiple of the {} key-value heads",
                self.num_key_value_heads
            );
            return Err(config_error(
                "num_attention_heads",
                self.num_attention_heads,
                &expected,
            ));
        }
        Ok(())
    }

    /// Writes `config.json` with the key names of the published Qwen2.5 models.
    pub fn save(
        &self,
        folder: &Path,
        torch_dtype: &str,
        end_of_text: u32,
        im_end: u32,
    ) -> Result<()> {
        let value = json!({
            "architectures": ["Qwen2ForCausalLM"],
            "attention_dropout": 0.0,
            "bos_token_id": end_of_text,
            "eos_token_id": im_end,
            "hidden_act": "silu",
            "hidden_size": self.hidden_size,
            "initializer_range": 0.02,
            "intermediate_size": self.intermediate_size,
            "max_position_embeddings": self.max_position_embeddings,
            "max_window_layers": self.num_hidden_layers,
            "model_type": "qwen2",
            "num_attention_heads": self.num_attention_heads,
            "num_hidden_layers": self.num_hidden_layers,
            "num_key_value_heads": self.num_key_value_heads,
            "rms_norm_eps": self.rms_norm_eps,
            "rope_theta": self.rope_theta,
            "sliding_window": self.max_position_embeddings,
            "tie_word_embeddings": self.tie_word_embeddings,
            "torch_dtype": torch_dtype,
            "use_cache": true,
            "use_sliding_window": false,
            "vocab_size": self.vocab_size,
        });
        Ok(atomic::write_json(&folder.join("config.json"), &value)?)
    }
}

fn config_error(key: &str, found: usize, expected: &str) -> Error {
    Error::Config {
        key: key.to_owned(),
        found: found.to_string(),
        expected: expected.to_owned(),
    }
}

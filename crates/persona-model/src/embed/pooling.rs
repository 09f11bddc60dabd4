//! Pooling: one vector per text from the vectors of its tokens.

use std::path::Path;

use candle_core::Tensor;
use serde::Deserialize;

use super::read_json;
use crate::error::{Error, Result};

/// How token vectors become one vector per text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// Mean over all tokens.
    Mean,
    /// Vector of the first token, `[CLS]`.
    Cls,
}

/// Contents of `1_Pooling/config.json`, a file of sentence-transformers.
#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
struct Module {
    r#type: String,
}

impl Pooling {
    /// Reads the pooling of the model in `folder`; the mean where the folder does not say.
    pub(super) fn load(folder: &Path) -> Result<Self> {
        check_modules(folder)?;
        let name = "1_Pooling/config.json";
        if !folder.join(name).is_file() {
            return Ok(Self::Mean);
        }
        let config: PoolingConfig = read_json(folder, name)?;
        let other = config
            .other
            .iter()
            .find(|(key, value)| key.starts_with("pooling_mode_") && **value == true)
            .map(|(key, _)| key.as_str());
        match (
            config.pooling_mode_mean_tokens,
            config.pooling_mode_cls_token,
            other,
        ) {
            (true, false, None) => Ok(Self::Mean),
            (false, true, None) => Ok(Self::Cls),
            (mean, cls, other) => Err(Error::Config {
                key: name.to_owned(),
                found: format!("mean {mean}, cls {cls}, other {}", other.unwrap_or("none")),
                expected: "either mean or cls pooling".to_owned(),
            }),
        }
    }

    /// Pools `hidden` (tokens, hidden) of one text to (hidden).
    pub(super) fn pool(self, hidden: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::Mean => hidden.mean(0)?,
            Self::Cls => hidden.get(0)?,
        })
    }
}

/// Refuses a folder that asks for unknown steps, such as a dense layer after the pooling.
fn check_modules(folder: &Path) -> Result<()> {
    let name = "modules.json";
    if !folder.join(name).is_file() {
        return Ok(());
    }
    let modules: Vec<Module> = read_json(folder, name)?;
    let known = ["Transformer", "Pooling", "Normalize"];
    match modules
        .iter()
        .find(|module| !known.iter().any(|known| module.r#type.ends_with(known)))
    {
        None => Ok(()),
        Some(module) => Err(Error::Config {
            key: name.to_owned(),
            found: module.r#type.clone(),
            expected: "Transformer, Pooling and Normalize only".to_owned(),
        }),
    }
}

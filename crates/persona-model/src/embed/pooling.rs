//! One vector from the vectors of a text's tokens.

use std::path::Path;

use candle_core::Tensor;
use serde::Deserialize;

use super::read_json;
use crate::error::{Error, Result};

/// How a text's vector is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    /// The mean over all tokens.
    Mean,
    /// The first token, `[CLS]`.
    Cls,
}

/// The file of sentence-transformers that says how.
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
    /// As the folder says; the mean where it says nothing.
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

    /// `hidden` (tokens, hidden) of one text, to (hidden).
    pub(super) fn pool(self, hidden: &Tensor) -> Result<Tensor> {
        Ok(match self {
            Self::Mean => hidden.mean(0)?,
            Self::Cls => hidden.get(0)?,
        })
    }
}

/// A folder may ask for steps that we don't know, such as a dense layer after the pooling.
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

//! Sources of the engine's model.

use std::path::PathBuf;

use persona_model::{Adapter, GgufFile, LoadOptions, Qwen2, Tokenizer};

/// Source of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// A GGUF file, with its tokenizer inside.
    Gguf(PathBuf),
    /// A folder in Hugging Face layout, with or without an adapter in PEFT's format.
    HuggingFace {
        /// Folder of the base.
        base: PathBuf,
        /// Folder of the adapter, if one is to be used.
        adapter: Option<PathBuf>,
    },
}

/// A model and its tokenizer.
pub(crate) struct LoadedModel {
    pub(crate) model: Qwen2,
    pub(crate) tokenizer: Tokenizer,
}

impl ModelSource {
    /// Loads the model onto the CPU, where KV caches are kept.
    pub(crate) fn load(&self) -> Result<LoadedModel, persona_model::Error> {
        match self {
            Self::Gguf(path) => {
                let tokenizer = Tokenizer::from_gguf(GgufFile::open(path)?.header())?;
                Ok(LoadedModel {
                    tokenizer: tokenizer.without_cache(),
                    model: Qwen2::load_gguf(path)?,
                })
            }
            Self::HuggingFace { base, adapter } => {
                let tokenizer = Tokenizer::load(base)?.without_cache();
                let mut model = Qwen2::load(base, &LoadOptions::cpu())?;
                if let Some(folder) = adapter {
                    model.load_adapter(&Adapter::load(folder)?, false)?;
                }
                Ok(LoadedModel { model, tokenizer })
            }
        }
    }
}

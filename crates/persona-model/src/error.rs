//! Errors from reading a folder of weights up to generating a token.

use std::path::{Path, PathBuf};

use persona_core::{FileError, Hint};

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written, or holds something unexpected.
    #[error(transparent)]
    File(#[from] FileError),
    /// A GGUF file is damaged, or cannot be run.
    #[error(transparent)]
    Gguf(#[from] persona_gguf::Error),
    /// A folder that should hold a model lacks a file.
    #[error("`{folder}` has no `{file}`, expected {purpose}")]
    MissingFile {
        /// Folder that was searched.
        folder: PathBuf,
        /// File that is missing.
        file: String,
        /// Purpose of the folder, such as "a model with its tokenizer".
        purpose: String,
    },
    /// A tensor is not in the checkpoint.
    #[error("`{path}` has no tensor `{name}`")]
    MissingTensor {
        /// Checkpoint file or folder that was read.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has another shape than the configuration asks for.
    #[error("tensor `{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape by the configuration.
        expected: Vec<usize>,
    },
    /// An adapter does not fit the model, or is incomplete.
    #[error("adapter `{path}`: {message}")]
    Adapter {
        /// Folder of the adapter.
        path: PathBuf,
        /// Description of the fault: the key found and what was expected.
        message: String,
    },
    /// Sampling was asked for with a value that has an unusable value.
    #[error(transparent)]
    Setting(#[from] persona_core::SettingError),
    /// A configuration value cannot be used.
    #[error("`{key}` is {found}, expected {expected}")]
    Config {
        /// Key of the setting.
        key: String,
        /// Value that was found.
        found: String,
        /// Value that was expected.
        expected: String,
    },
    /// Token ids, segments or a cache contradict each other: a mistake of the caller.
    #[error("inconsistent input: {0}")]
    Input(String),
    /// The tokenizer cannot be used.
    #[error("tokenizer `{path}`: {message}")]
    Tokenizer {
        /// File or folder that the tokenizer was read from.
        path: PathBuf,
        /// Description of the fault.
        message: String,
    },
    /// The tokenizer lacks a token that ChatML is made of.
    #[error("tokenizer `{path}` has no `{token}` among its added tokens")]
    MissingToken {
        /// File that the tokenizer was read from.
        path: PathBuf,
        /// Text of the token.
        token: &'static str,
    },
    /// A tokenizer cannot be trained to the wanted size: the texts give too few tokens, or the size is too small.
    #[error("vocabulary of {wanted} ids wanted, but the texts give {reached}")]
    VocabularySize {
        /// Number of ids that the vocabulary should have.
        wanted: usize,
        /// Number of ids that training reached.
        reached: usize,
    },
    /// The system prompt and the header of a reply do not fit into the limit.
    #[error(
        "a prompt without any context takes {needed} tokens, but only {max_tokens} are allowed"
    )]
    NoRoom {
        /// Tokens of the shortest prompt.
        needed: usize,
        /// Largest number of tokens that is allowed.
        max_tokens: usize,
    },
    /// The tensor library failed.
    #[error("tensor operation failed")]
    Tensor(#[from] candle_core::Error),
}

impl Error {
    /// Error of the tokenizer at `path`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over errors and literals alike"
    )]
    pub fn tokenizer(path: &Path, message: impl ToString) -> Self {
        Self::Tokenizer {
            path: path.to_owned(),
            message: message.to_string(),
        }
    }

    /// Error of the adapter at `path`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over errors and literals alike"
    )]
    pub fn adapter(path: &Path, message: impl ToString) -> Self {
        Self::Adapter {
            path: path.to_owned(),
            message: message.to_string(),
        }
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Gguf(error) => error.hint(),
            Self::MissingFile { file, .. } if file.contains("tokenizer") => Some(
                "a base model folder needs tokenizer.json and tokenizer_config.json beside its weights; copy them from where the model came from".to_owned(),
            ),
            Self::MissingFile { .. } | Self::MissingTensor { .. } => Some(
                "expected a Qwen2 model in Hugging Face layout: config.json, model.safetensors (or shards with an index), tokenizer.json".to_owned(),
            ),
            Self::MissingToken { .. } => Some(
                "Persona speaks ChatML: take a base model whose tokenizer has <|im_start|>, <|im_end|> and <|endoftext|>, such as Qwen2.5".to_owned(),
            ),
            Self::VocabularySize { .. } => Some(
                "a vocabulary holds at least 256 bytes and 3 ChatML tokens; give more text, or ask for fewer ids".to_owned(),
            ),
            Self::NoRoom { .. } => Some("allow longer sequences, or shorten the system prompt".to_owned()),
            Self::Adapter { .. } => Some("an adapter only fits the base model it was trained on".to_owned()),
            _ => None,
        }
    }
}

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

//! Errors of exporting a model.

use std::path::PathBuf;

use persona_core::{FileError, Hint};

use crate::config::Quant;

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written, or holds something unexpected.
    #[error(transparent)]
    File(#[from] FileError),
    /// A GGUF file is damaged, or holds something unknown.
    #[error(transparent)]
    Gguf(#[from] persona_gguf::Error),
    /// The model could not be loaded.
    #[error(transparent)]
    Model(#[from] persona_model::Error),
    /// A tensor that the configuration asks for is not in the checkpoint.
    #[error("`{path}` has no tensor `{name}`, which its config.json asks for")]
    MissingTensor {
        /// Folder of the checkpoint.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// A tensor that a Qwen2 model does not have.
    #[error("`{path}` has a tensor `{name}` that the Qwen2 model of its config.json does not have")]
    UnknownTensor {
        /// Folder of the checkpoint.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
    },
    /// A tensor has the wrong shape.
    #[error("`{path}`: tensor `{name}` has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Folder of the checkpoint or adapter.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Shape in the file.
        found: Vec<usize>,
        /// Shape that was expected.
        expected: Vec<usize>,
    },
    /// The form of conversations or the sampling has an unusable value.
    #[error(transparent)]
    Form(#[from] persona_core::SettingError),
    /// A tensor has a type other than F32, F16 and BF16.
    #[error("`{path}`: tensor `{name}` has type {found}, expected F32, F16 or BF16")]
    DType {
        /// Folder of the checkpoint or adapter.
        path: PathBuf,
        /// Name of the tensor.
        name: String,
        /// Type in the file.
        found: String,
    },
    /// The adapter does not fit the base, is incomplete, or is of a kind that cannot be merged.
    #[error("adapter `{path}`: {message}")]
    Adapter {
        /// Folder of the adapter.
        path: PathBuf,
        /// Description of the fault: the key, what was found and what was expected.
        message: String,
    },
    /// The tokenizer cannot be written into a GGUF file.
    #[error("tokenizer `{path}`: {message}")]
    Tokenizer {
        /// File of the tokenizer.
        path: PathBuf,
        /// Description of the fault.
        message: String,
    },
    /// A weight is not a number, or too large for the type that it should be stored in.
    #[error("tensor `{name}`, row {row}, column {column}: {value} cannot be stored as {stored_as}")]
    Value {
        /// Name of the tensor.
        name: String,
        /// Row of the weight.
        row: usize,
        /// Column of the weight.
        column: usize,
        /// Value of the weight.
        value: f32,
        /// Type that was asked for.
        stored_as: &'static str,
    },
    /// Candle failed to quantize a tensor.
    #[error("tensor `{name}` could not be quantized")]
    Quantize {
        /// Name of the tensor.
        name: String,
        /// Error of candle.
        source: candle_core::Error,
    },
    /// A written file does not compute the same as the merged weights. It was removed.
    #[error("`{file}` failed its self-test and was removed: {message}")]
    SelfTest {
        /// Name of the file.
        file: String,
        /// Type of the file.
        quant: Quant,
        /// Description of the fault: the figure found and what was expected.
        message: String,
    },
    /// A setting makes no sense.
    #[error("`{key}` is {found}, expected {expected}")]
    Setting {
        /// Key of the setting.
        key: &'static str,
        /// Value that was found.
        found: String,
        /// Value that was expected.
        expected: &'static str,
    },
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Gguf(error) => error.hint(),
            Self::Model(error) => error.hint(),
            Self::MissingTensor { .. } | Self::UnknownTensor { .. } | Self::Shape { .. } => Some(
                "expected an unquantized Qwen2 or Qwen2.5 model in Hugging Face layout; a checkpoint that was saved in 4 bits cannot be merged onto".to_owned(),
            ),
            Self::Adapter { .. } => {
                Some("an adapter only fits the base model it was trained on: give that base with --from-hf, or export the run as a whole with --run NAME alone".to_owned())
            }
            Self::Tokenizer { .. } => {
                Some("take tokenizer.json and tokenizer_config.json from where the base model came from".to_owned())
            }
            Self::SelfTest { .. } => Some(
                "compare the figure with `[export.self_test]` in persona.toml; a wide gap means that the weights do not survive this type, try q8_0".to_owned(),
            ),
            Self::Interrupted => Some("run the same command again: finished files are kept".to_owned()),
            _ => None,
        }
    }
}

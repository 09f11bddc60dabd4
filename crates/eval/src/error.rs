//! Errors of an evaluation.

use std::path::PathBuf;

use persona_core::{FileError, Hint};

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written, or holds something unexpected.
    #[error(transparent)]
    File(#[from] FileError),
    /// Loading or running a model failed.
    #[error("evaluating the `{model_name}` model failed")]
    Model {
        /// Model that failed: `base`, `sft`, `dpo`, `merged`, `quantized` or `embedder`.
        model_name: &'static str,
        /// Error of the model.
        source: persona_model::Error,
    },
    /// The engine could not generate replies.
    #[error("generating replies with the `{model_name}` model failed")]
    Engine {
        /// Model that failed: `base`, `sft` or `quantized`.
        model_name: &'static str,
        /// Error of the engine.
        source: persona_engine::Error,
    },
    /// The dataset holds no target to judge a model on.
    #[error("`{path}` holds no target in the test split and none in the validation split")]
    NothingToEvaluate {
        /// File of conversations.
        path: PathBuf,
    },
    /// The tokenizers of two models differ, so that their figures could not be compared.
    #[error(
        "the tokenizer of `{path}` encodes a test reply as {found} tokens, that of the base as {expected} or as other ones"
    )]
    Tokenizer {
        /// Path of the model whose tokenizer differs.
        path: PathBuf,
        /// Number of tokens of the example with this tokenizer.
        found: usize,
        /// Number of tokens of the example with the base's tokenizer.
        expected: usize,
    },
    /// A habit's pattern is not a regular expression.
    #[error("the pattern of habit `{name}` in `{path}` is not a regular expression")]
    Habit {
        /// File of habits.
        path: PathBuf,
        /// Name of the habit.
        name: String,
        /// Error of the regular expression.
        source: Box<regex::Error>,
    },
    /// The form of conversations or the sampling has an unusable value.
    #[error(transparent)]
    Form(#[from] persona_core::SettingError),
    /// A setting makes no sense.
    #[error("`eval.{key}` is {found}, expected {expected}")]
    Setting {
        /// Key of the setting.
        key: &'static str,
        /// Value that was found.
        found: String,
        /// Accepted values.
        expected: &'static str,
    },
    /// The user asked to stop. Nothing was written.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// For `map_err`: the model of `stage` failed.
    pub(crate) fn model(model_name: &'static str) -> impl FnOnce(persona_model::Error) -> Self {
        move |source| Self::Model { model_name, source }
    }

    /// For `map_err`: the engine that runs the model of `stage` failed.
    pub(crate) fn engine(model_name: &'static str) -> impl FnOnce(persona_engine::Error) -> Self {
        move |source| Self::Engine { model_name, source }
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Model { source, .. } => source.hint(),
            Self::Engine { source, .. } => source.hint(),
            Self::NothingToEvaluate { .. } => Some(
                "give the pipeline more history: a few hundred conversations put some into the test split".to_owned(),
            ),
            Self::Tokenizer { .. } => Some(
                "export the adapter again with the base it was trained on: cargo xtask export".to_owned(),
            ),
            Self::Habit { .. } => {
                Some("look-around and back-references are not supported".to_owned())
            }
            Self::Form(_) | Self::Setting { .. } | Self::Interrupted => None,
        }
    }
}

//! What can go wrong in an evaluation.

use std::path::PathBuf;

use persona_core::{FileError, Hint};

/// An evaluation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written, or holds something unexpected.
    #[error(transparent)]
    File(#[from] FileError),
    /// Loading or running a model failed.
    #[error("evaluating the `{stage}` model failed")]
    Model {
        /// Which of the models: `base`, `sft`, `dpo`, `merged`, `quantized`, `embedder`.
        stage: &'static str,
        /// What the model said.
        source: persona_model::Error,
    },
    /// The engine could not generate replies.
    #[error("generating replies with the `{stage}` model failed")]
    Engine {
        /// Which of the models.
        stage: &'static str,
        /// What the engine said.
        source: persona_engine::Error,
    },
    /// The dataset holds nothing that a model may be judged on.
    #[error("`{path}` holds no target in the test split and none in the validation split")]
    NothingToEvaluate {
        /// The conversations file.
        path: PathBuf,
    },
    /// The vocabularies of two models differ, so that their figures could not be compared.
    #[error(
        "the tokenizer of `{path}` encodes a test reply as {found} tokens, that of the base as {expected} or as other ones"
    )]
    Tokenizer {
        /// The model whose tokenizer differs.
        path: PathBuf,
        /// Tokens of the example with this tokenizer.
        found: usize,
        /// Tokens of the example with the base's tokenizer.
        expected: usize,
    },
    /// A habit's pattern is not a regular expression.
    #[error("the pattern of habit `{name}` in `{path}` is not a regular expression")]
    Habit {
        /// The habits file.
        path: PathBuf,
        /// The habit.
        name: String,
        /// Where it breaks.
        source: Box<regex::Error>,
    },
    /// The form of conversations or the sampling makes no sense.
    #[error(transparent)]
    Form(#[from] persona_core::SettingError),
    /// A setting has a value that no evaluation can be made with.
    #[error("`eval.{key}` is {found}, expected {expected}")]
    Setting {
        /// The setting.
        key: &'static str,
        /// Its value.
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
    pub(crate) fn model(stage: &'static str) -> impl FnOnce(persona_model::Error) -> Self {
        move |source| Self::Model { stage, source }
    }

    /// For `map_err`: the engine that runs the model of `stage` failed.
    pub(crate) fn engine(stage: &'static str) -> impl FnOnce(persona_engine::Error) -> Self {
        move |source| Self::Engine { stage, source }
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

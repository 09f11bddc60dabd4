//! What can go wrong in training.

use std::path::{Path, PathBuf};

use persona_core::{FileError, Hint};

/// Training failed, or was stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The network, its weights or its tokenizer.
    #[error(transparent)]
    Model(#[from] persona_model::Error),
    /// A tensor operation failed.
    #[error("a computation of the training step failed")]
    Tensor(#[from] candle_core::Error),
    /// The form of conversations makes no sense.
    #[error(transparent)]
    Form(#[from] persona_core::SettingError),
    /// A configured value makes no sense.
    #[error("`{key}` is {value}, expected {expected}")]
    Config {
        /// Name of the key.
        key: &'static str,
        /// The value found.
        value: String,
        /// Accepted values.
        expected: &'static str,
    },
    /// The dataset holds nothing to train on.
    #[error("`{path}` holds no {what} to learn from")]
    NothingToLearn {
        /// The file or folder.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
    },
    /// The loss or its gradient is not a number any more.
    #[error("training diverged at step {step}: {what} is {value} at learning rate {rate:e}")]
    Diverged {
        /// The step, counted from 1.
        step: usize,
        /// Loss or gradient norm.
        what: &'static str,
        /// What it was.
        value: f64,
        /// The learning rate of the step.
        rate: f64,
    },
    /// The graph from the loss to a trained parameter is cut somewhere.
    #[error("no gradient reaches `{parameter}`")]
    NoGradient {
        /// Name of the parameter.
        parameter: String,
    },
    /// The user asked to stop, in a piece of work that does not know the run: who does makes [`Error::Interrupted`] of it.
    #[error("stopped")]
    Stopped,
    /// The user asked to stop.
    #[error("interrupted after step {step}; the checkpoint in `{folder}` is up to date")]
    Interrupted {
        /// Steps done.
        step: usize,
        /// The folder of the stage.
        folder: PathBuf,
    },
}

impl Error {
    /// For `map_err`: where work was stopped, adds that `step` steps are done and saved in `folder`.
    pub fn at(step: usize, folder: &Path) -> impl FnOnce(Self) -> Self {
        move |error| match error {
            Self::Stopped => Self::Interrupted {
                step,
                folder: folder.to_owned(),
            },
            other => other,
        }
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Model(error) => error.hint(),
            Self::Tensor(_) | Self::Form(_) | Self::Config { .. } | Self::NoGradient { .. } | Self::Stopped => None,
            Self::NothingToLearn { .. } => Some(
                "look at the statistics of the dataset stage: they tell what was dropped and why"
                    .to_owned(),
            ),
            Self::Diverged { .. } => Some(
                "lower `learning_rate` or raise `warmup_ratio`; bf16 weights diverge sooner than f32"
                    .to_owned(),
            ),
            Self::Interrupted { .. } => {
                Some("the same command goes on from there".to_owned())
            }
        }
    }
}

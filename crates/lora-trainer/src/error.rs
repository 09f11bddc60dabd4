//! Errors of training.

use std::path::{Path, PathBuf};

use persona_core::{FileError, Hint};

/// Training failed or was stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The network, its weights or its tokenizer failed.
    #[error(transparent)]
    Model(#[from] persona_model::Error),
    /// A tensor operation failed.
    #[error("a computation of the training step failed")]
    Tensor(#[from] candle_core::Error),
    /// The form of conversations has an unusable value.
    #[error(transparent)]
    Form(#[from] persona_core::SettingError),
    /// A setting makes no sense.
    #[error("`{key}` is {value}, expected {expected}")]
    Config {
        /// Key of the setting.
        key: &'static str,
        /// Value that was found.
        value: String,
        /// Accepted values.
        expected: &'static str,
    },
    /// The dataset holds nothing to train on.
    #[error("`{path}` holds no {what} to learn from")]
    NothingToLearn {
        /// File or folder that was searched.
        path: PathBuf,
        /// Thing that is missing in it.
        what: &'static str,
    },
    /// The loss or the gradient norm is not finite any more.
    #[error("training diverged at step {step}: {what} is {value} at learning rate {rate:e}")]
    Diverged {
        /// Step, counted from 1.
        step: usize,
        /// Name of the figure: loss or gradient norm.
        what: &'static str,
        /// Value that was found.
        value: f64,
        /// Learning rate of the step.
        rate: f64,
    },
    /// A trained parameter has no gradient: the graph from the loss to it is cut.
    #[error("no gradient reaches `{parameter}`")]
    NoGradient {
        /// Name of the parameter.
        parameter: String,
    },
    /// The user asked to stop. Raised by work that does not know the run; its caller turns it into
    /// [`Error::Interrupted`].
    #[error("stopped")]
    Stopped,
    /// The user asked to stop the run; what was done is saved.
    #[error("interrupted after step {step}; the checkpoint in `{folder}` is up to date")]
    Interrupted {
        /// Number of steps done.
        step: usize,
        /// Folder of the stage.
        folder: PathBuf,
    },
}

impl Error {
    /// For `map_err`: turns [`Error::Stopped`] into [`Error::Interrupted`] after `step` steps, saved in `folder`.
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

//! Errors of preference training.

use std::path::PathBuf;

use persona_core::{FileError, Hint};

/// Preference training failed or was stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The training engine failed or was stopped.
    #[error(transparent)]
    Train(#[from] lora_trainer::Error),
    /// No usable pairs: nobody reacted to anything, or all pairs are too long.
    #[error("`{path}` holds {pairs} preference pairs in the training split, expected at least 1")]
    NothingToLearn {
        /// File of pairs.
        path: PathBuf,
        /// Number of usable pairs.
        pairs: usize,
    },
}

impl Error {
    /// Whether the user stopped the run; what was done is saved.
    pub fn is_interrupted(&self) -> bool {
        matches!(self, Self::Train(lora_trainer::Error::Interrupted { .. }))
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Train(error.into())
    }
}

impl From<persona_model::Error> for Error {
    fn from(error: persona_model::Error) -> Self {
        Self::Train(error.into())
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Train(error) => error.hint(),
            Self::NothingToLearn { .. } => Some(
                "preference training learns from reactions: use the adapter of SFT as it is, or widen `positive_emoji` in the dataset section"
                    .to_owned(),
            ),
        }
    }
}

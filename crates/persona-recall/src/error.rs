//! Errors of embedding and searching messages.

use persona_core::{FileError, Hint};

/// An error of embedding or searching.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] persona_store::Error),
    /// The sentence model cannot be read or used.
    #[error("the sentence model failed")]
    Model(#[from] persona_model::Error),
    /// The files of the sentence model cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Model(error) => error.hint(),
            Self::File(error) => error.hint(),
        }
    }
}

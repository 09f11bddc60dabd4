//! What can go wrong between a request and its reply.

use persona_core::Hint;

/// Errors of the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Loading or running the model failed.
    #[error("the model failed")]
    Model(#[from] persona_model::Error),
    /// The operating system gave no thread.
    #[error("cannot start the engine's thread")]
    Thread(#[source] std::io::Error),
    /// A request hit a fault in the program. The engine goes on with the next one.
    #[error("the request hit a fault in the engine: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
    },
    /// The engine is gone, or went while the reply was being written.
    #[error("the engine has stopped")]
    Stopped,
    /// A setting of a request can't be used.
    #[error("`{key}` is {found}, expected {expected}")]
    Setting {
        /// Which one.
        key: &'static str,
        /// Its value.
        found: String,
        /// What would do.
        expected: String,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Model(error) => error.hint(),
            Self::Panicked { .. } => Some("this is a bug; please report the message".to_owned()),
            Self::Thread(_) | Self::Stopped | Self::Setting { .. } => None,
        }
    }
}

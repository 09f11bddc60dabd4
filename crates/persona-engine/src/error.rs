//! What can go wrong between a request and its reply.

use persona_core::Hint;

use crate::remote::error::RemoteError;

/// Errors of whatever writes replies. None of them holds the key of a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Loading or running the model failed.
    #[error("the model failed")]
    Model(#[from] persona_model::Error),
    /// The operating system could not start a thread.
    #[error("cannot start the engine's thread")]
    Thread(#[source] std::io::Error),
    /// A request hit a fault in the program. The engine goes on with the next one.
    #[error("the request hit a fault in the engine: {message}")]
    Panicked {
        /// Message of the panic.
        message: String,
    },
    /// The engine is gone, or went while the reply was being written.
    #[error("the engine has stopped")]
    Stopped,
    /// A setting of a request can't be used.
    #[error("`{key}` is {found}, expected {expected}")]
    Setting {
        /// The setting's name.
        key: &'static str,
        /// Its value.
        found: String,
        /// Accepted values.
        expected: String,
    },
    /// The server that replies come from failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl Error {
    /// Whether starting anew would fail just so: something must be set right first.
    pub fn is_hopeless(&self) -> bool {
        matches!(self, Self::Remote(error) if error.is_hopeless())
    }

    /// Whether the server is away, or too busy, for now.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Remote(error) if error.is_unreachable())
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Model(error) => error.hint(),
            Self::Remote(error) => error.hint(),
            Self::Panicked { .. } => Some("this is a bug; please report the message".to_owned()),
            Self::Thread(_) | Self::Stopped | Self::Setting { .. } => None,
        }
    }
}

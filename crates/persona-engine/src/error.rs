//! Errors between a request and its reply.

use persona_core::Hint;

use crate::remote::error::RemoteError;

/// Errors of a backend. None of them holds the key of a remote server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Loading or running the model failed.
    #[error("the model failed")]
    Model(#[from] persona_model::Error),
    /// The operating system could not start a thread.
    #[error("cannot start the engine's thread")]
    Thread(#[source] std::io::Error),
    /// A request panicked. The engine continues with the next one.
    #[error("the request hit a fault in the engine: {message}")]
    Panicked {
        /// Message of the panic.
        message: String,
    },
    /// The engine has stopped, or stopped while the reply was being written.
    #[error("the engine has stopped")]
    Stopped,
    /// A setting of a request can't be used.
    #[error("`{key}` is {found}, expected {expected}")]
    Setting {
        /// Key of the setting.
        key: &'static str,
        /// Value that was found.
        found: String,
        /// Accepted values.
        expected: String,
    },
    /// The remote server failed.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl Error {
    /// Whether a restart would fail in the same way: a setting must be corrected first.
    pub fn is_hopeless(&self) -> bool {
        matches!(self, Self::Remote(error) if error.is_hopeless())
    }

    /// Whether the remote server is unreachable or too busy for now.
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

//! Errors of a remote server.

use std::time::Duration;

use persona_core::Hint;

/// Errors of a remote server. None of them holds its key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteError {
    /// The address of the server can't be used.
    #[error("the engine's address `{url}` {problem}")]
    Address {
        /// The address as it was given, without user name and password.
        url: String,
        /// Description of the fault in the address.
        problem: &'static str,
    },
    /// The key can't be sent.
    #[error("the key for the engine's server holds characters that no header can carry")]
    Key,
    /// The server could not be reached, or the connection broke.
    #[error("no connection with the engine's server at `{url}`")]
    Connection {
        /// Address of the server.
        url: String,
        /// Error of the HTTP client.
        #[source]
        source: reqwest::Error,
    },
    /// The server answered with an error status.
    #[error("the engine's server at `{url}` answered {status}: {message}")]
    Refused {
        /// Address of the server.
        url: String,
        /// HTTP status of the answer.
        status: u16,
        /// Message of the server.
        message: String,
    },
    /// The server said nothing for too long.
    #[error("the engine's server at `{url}` was silent for {} s", silent.as_secs())]
    Silent {
        /// Address of the server.
        url: String,
        /// Time without an event.
        silent: Duration,
    },
    /// The server's answer does not follow the protocol.
    #[error("the engine's server at `{url}` {message}")]
    Protocol {
        /// Address of the server.
        url: String,
        /// Description of the unexpected answer.
        message: String,
    },
}

impl RemoteError {
    /// Whether a restart would fail in the same way: a setting must be corrected first.
    pub fn is_hopeless(&self) -> bool {
        matches!(
            self,
            Self::Address { .. }
                | Self::Key
                | Self::Refused {
                    status: 401 | 403 | 404,
                    ..
                }
        )
    }

    /// Whether the server is unreachable or too busy for now.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Connection { .. } | Self::Silent { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}

impl Hint for RemoteError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Address { .. } => Some(
                "set `engine` in `[bot]` to \"embedded\", or to an address like `http://127.0.0.1:8080/v1`"
                    .to_owned(),
            ),
            Self::Refused { status: 401 | 403, .. } => {
                Some("set PERSONA_API_KEY in `.env` to the key of that server".to_owned())
            }
            Self::Refused { status: 404, .. } => Some(
                "the address usually ends in `/v1`; the model's name is `model` in `[bot.remote]`".to_owned(),
            ),
            Self::Connection { .. } => {
                Some("is the server running, and does it listen on that address?".to_owned())
            }
            Self::Silent { .. } => Some(
                "raise `first_token_seconds` or `idle_seconds` in `[bot.remote]` if the server is only slow"
                    .to_owned(),
            ),
            Self::Key | Self::Refused { .. } | Self::Protocol { .. } => None,
        }
    }
}

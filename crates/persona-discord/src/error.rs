//! Errors of requests to Discord.

use std::time::Duration;

use persona_core::{Hint, Id};

/// Error of a request. It names the request and never holds the token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not a bot token.
    #[error("the bot token {fault}")]
    Token {
        /// Description of the fault in the token, without showing any of it.
        fault: &'static str,
    },
    /// The address of the API cannot be used.
    #[error("`{api}` cannot be the address of the API: {fault}")]
    Address {
        /// The address as it was configured.
        api: String,
        /// Description of the fault in the address.
        fault: String,
    },
    /// A setting has an unusable value.
    #[error("`{key}` is {value}, expected {expected}")]
    Setting {
        /// Key of the setting.
        key: &'static str,
        /// Value that was found.
        value: f64,
        /// Accepted values.
        expected: &'static str,
    },
    /// No request can be made for this id.
    #[error("`{id}` cannot be the id of a {what}")]
    Id {
        /// Kind of thing that the id belongs to.
        what: &'static str,
        /// The id.
        id: Id,
    },
    /// A request could not be built.
    #[error("{place}: cannot build the request: {reason}")]
    Request {
        /// Method and path of the request.
        place: String,
        /// Description of the fault.
        reason: String,
    },
    /// Discord does not accept the token. No further request is sent with it.
    #[error("{place}: Discord does not accept the bot token (401)")]
    Unauthorised {
        /// Method and path of the request.
        place: String,
    },
    /// The bot lacks a permission.
    #[error("{place}: the bot may not do that: {message} (403, code {code})")]
    Forbidden {
        /// Method and path of the request.
        place: String,
        /// Discord's error code, such as 50001; 0 if there is none.
        code: u64,
        /// Message of Discord.
        message: String,
    },
    /// The thing does not exist, or the bot cannot see it.
    #[error("{place}: not found: {message} (404, code {code})")]
    NotFound {
        /// Method and path of the request.
        place: String,
        /// Discord's error code, such as 10003; 0 if there is none.
        code: u64,
        /// Message of Discord.
        message: String,
    },
    /// Discord refused the request for a reason that no repetition changes.
    #[error("{place}: Discord refused it: {message} ({status}, code {code})")]
    Refused {
        /// Method and path of the request.
        place: String,
        /// Status of the answer.
        status: u16,
        /// Discord's error code; 0 if there is none.
        code: u64,
        /// Message of Discord.
        message: String,
    },
    /// Discord asks for a longer wait than the configuration allows.
    #[error("{place}: Discord asks to wait {} s, longer than the {} s that are allowed", wait.as_secs_f64(), cap.as_secs_f64())]
    RateLimited {
        /// Method and path of the request.
        place: String,
        /// Wait that Discord asks for.
        wait: Duration,
        /// Longest wait that the configuration allows.
        cap: Duration,
    },
    /// Discord could not be reached, or sent no complete answer.
    #[error("{place}: no answer after {attempts} attempts: {reason}")]
    Unreachable {
        /// Method and path of the request.
        place: String,
        /// Number of attempts.
        attempts: u32,
        /// Reason of the last failure.
        reason: String,
    },
    /// Discord answered every attempt with a server error (5xx).
    #[error("{place}: still {status} after {attempts} attempts")]
    Unavailable {
        /// Method and path of the request.
        place: String,
        /// Number of attempts.
        attempts: u32,
        /// Status of the last answer.
        status: u16,
    },
    /// The answer does not have the promised form.
    #[error("{place}: cannot understand the answer: {reason}")]
    Answer {
        /// Method and path of the request.
        place: String,
        /// Description of what was received.
        reason: String,
    },
}

impl Error {
    /// Whether every other request would fail in the same way: the token is refused, the host is not reached, or
    /// Discord asks for too long a wait.
    pub fn concerns_everything(&self) -> bool {
        matches!(
            self,
            Self::Token { .. }
                | Self::Address { .. }
                | Self::Setting { .. }
                | Self::Unauthorised { .. }
                | Self::RateLimited { .. }
                | Self::Unreachable { .. }
        )
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Token { .. } | Self::Unauthorised { .. } => {
                "copy the token again from https://discord.com/developers/applications (your application, Bot, Reset Token) into `.env`: DISCORD_TOKEN=…"
            }
            Self::Address { .. } => {
                "leave `discord.api` out, or give it as in `http://127.0.0.1:8080`"
            }
            Self::Forbidden { .. } => {
                "give the bot's role the permissions View Channel and Read Message History there"
            }
            Self::RateLimited { .. } => {
                "come back later: what was read is stored, and the same command goes on from there"
            }
            Self::Unreachable { .. } => {
                "look at the connection, and at https://discordstatus.com; the same command goes on where it stopped"
            }
            Self::Unavailable { .. } => {
                "look at https://discordstatus.com; the same command goes on where it stopped"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

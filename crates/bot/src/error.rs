//! What can stop the bot.

use std::path::PathBuf;

use persona_core::{FileError, Hint};
use persona_run::{ConfigError, run::NameError};

/// An error of the bot. None of them holds the token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Discord's API refused, or could not be reached.
    #[error(transparent)]
    Discord(#[from] persona_discord::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] persona_store::Error),
    /// The source of replies failed.
    #[error(transparent)]
    Backend(#[from] persona_engine::Error),
    /// Looking up past messages failed.
    #[error(transparent)]
    Recall(#[from] persona_recall::Error),
    /// It cannot be kept running.
    #[error(transparent)]
    Supervise(#[from] crate::supervise::Error),
    /// A file failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A thread cannot be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// The form of conversations or the sampling makes no sense.
    #[error(transparent)]
    Form(#[from] persona_core::SettingError),
    /// A value of the configuration makes no sense.
    #[error("`bot.{key}` is `{value}`, expected {expected}")]
    Config {
        /// The key inside the section.
        key: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The configuration file cannot be used.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// The run's name is no folder's name.
    #[error(transparent)]
    Run(#[from] NameError),
    /// There is no token.
    #[error("there is no bot token: `DISCORD_TOKEN` is not set")]
    NoToken,
    /// There is no model to run.
    #[error("the run `{run}` has no exported model in `{folder}`")]
    NoModel {
        /// The run.
        run: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The gateway refuses the intents (4014).
    #[error(
        "Discord does not let the bot read what people write: the gateway refused its intents (4014)"
    )]
    Intents,
    /// The gateway does not accept the token (4004).
    #[error("the gateway does not accept the bot token (4004)")]
    GatewayToken,
    /// The connection with the gateway ended for good.
    #[error("the connection with the gateway ended: {reason}")]
    Gateway {
        /// What was said about it.
        reason: String,
    },
}

impl Error {
    /// Whether starting anew would fail just so: something must be set right first.
    pub fn is_hopeless(&self) -> bool {
        use persona_discord::Error as Api;
        match self {
            Self::Discord(error) => matches!(
                error,
                Api::Token { .. }
                    | Api::Address { .. }
                    | Api::Setting { .. }
                    | Api::Unauthorised { .. }
            ),
            Self::Config { .. }
            | Self::Form(_)
            | Self::Run(_)
            | Self::NoToken
            | Self::NoModel { .. }
            | Self::Intents
            | Self::GatewayToken => true,
            Self::Configuration(error) => error.is_content(),
            Self::Backend(error) => error.is_hopeless(),
            Self::Supervise(error) => matches!(error, crate::supervise::Error::Setting { .. }),
            Self::Store(_)
            | Self::Recall(_)
            | Self::File(_)
            | Self::Thread(_)
            | Self::Gateway { .. } => false,
        }
    }

    /// Whether what it needs is away for now, and may come back.
    pub fn is_unreachable(&self) -> bool {
        use persona_discord::Error as Api;
        match self {
            Self::Discord(error) => matches!(
                error,
                Api::Unreachable { .. } | Api::Unavailable { .. } | Api::RateLimited { .. }
            ),
            Self::Backend(error) => error.is_unreachable(),
            _ => false,
        }
    }
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Discord(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Backend(error) => error.hint(),
            Self::Recall(error) => error.hint(),
            Self::Supervise(error) => error.hint(),
            Self::File(error) => error.hint(),
            Self::NoToken => Some(
                "put DISCORD_TOKEN=… into `.env` or the environment; the token is on https://discord.com/developers/applications \
                 under your application, Bot, Reset Token"
                    .to_owned(),
            ),
            Self::NoModel { .. } => Some(
                "make one with `cargo xtask pipeline`, name another run with --run, or a GGUF file with --model".to_owned(),
            ),
            Self::Intents => Some(
                "switch on `Message Content Intent` on https://discord.com/developers/applications under your application, Bot, \
                 Privileged Gateway Intents"
                    .to_owned(),
            ),
            Self::GatewayToken => Some(
                "copy the token again: https://discord.com/developers/applications, your application, Bot, Reset Token".to_owned(),
            ),
            Self::Run(error) => error.hint(),
            Self::Configuration(error) => error.hint(),
            Self::Config { .. }
            | Self::Form(_)
            | Self::Thread(_)
            | Self::Gateway { .. } => None,
        }
    }
}

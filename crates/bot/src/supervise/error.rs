//! Errors of the supervisor.

use std::io;

use persona_core::Hint;

/// Errors of the supervisor.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The process could not be started.
    #[error("the bot cannot be started")]
    Start(#[source] io::Error),
    /// The process could not be waited for.
    #[error("the bot cannot be watched")]
    Wait(#[source] io::Error),
    /// The bot was restarted too often.
    #[error(
        "the bot was started again {restarts} times within an hour and is left alone; the last time, {reason}"
    )]
    CrashLoop {
        /// Number of restarts.
        restarts: u32,
        /// How the last process ended.
        reason: String,
    },
    /// The bot ended with the exit code for an unusable configuration.
    #[error("the bot cannot work with this configuration; what it said last tells why")]
    Hopeless,
    /// A setting is unusable.
    #[error("`bot.supervise.{key}` is {found}, expected {expected}")]
    Setting {
        /// Key of the setting.
        key: &'static str,
        /// Value that was found.
        found: f64,
        /// Accepted values.
        expected: &'static str,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::CrashLoop { .. } => Some(
                "the newest file in the log folder holds what the bot said before it ended; `restarts_per_hour` is in `[bot.supervise]`"
                    .to_owned(),
            ),
            Self::Start(_) | Self::Wait(_) | Self::Hopeless | Self::Setting { .. } => None,
        }
    }
}

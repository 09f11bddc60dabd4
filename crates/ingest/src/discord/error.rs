//! Errors while reading from Discord.

use std::{fmt, io};

use persona_core::{Guild, Hint, Id};

use super::report::Report;

/// Error of reading from Discord.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Discord refused, or could not be reached.
    #[error(transparent)]
    Discord(#[from] persona_discord::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] persona_store::Error),
    /// The threads of the runtime could not be started.
    #[error("cannot start the threads that ask Discord")]
    Runtime(#[source] io::Error),
    /// The bot is in no server.
    #[error("the bot is in no server")]
    NoGuild,
    /// The bot is in several servers, and none was chosen.
    #[error("the bot is in {} servers: {}", guilds.len(), names(guilds))]
    SeveralGuilds {
        /// Servers that the bot is in.
        guilds: Vec<Guild>,
    },
    /// The bot is not in the server that was chosen.
    #[error("the bot is not in the server `{guild}`, but in: {}", names(guilds))]
    OtherGuild {
        /// Server that was chosen.
        guild: Id,
        /// Servers that the bot is in.
        guilds: Vec<Guild>,
    },
    /// A name in `allow` or `deny` is unknown.
    #[error("there is no channel, thread or category `{word}` in the server")]
    UnknownChannel {
        /// Name that was given.
        word: String,
        /// Similar names.
        near: Vec<String>,
    },
    /// `since` is not a date.
    #[error("`{value}` is no day such as `2024-01-31`, and no time")]
    Since {
        /// Value that was given.
        value: String,
    },
    /// `resync` is not a duration.
    #[error("`{value}` is no span such as `7d`, `12h` or `2w`")]
    Resync {
        /// Value that was given.
        value: String,
    },
    /// Discord hides the contents of messages. Nothing of what was hidden is stored.
    #[error(
        "Discord hides what people write from this bot: {messages} messages came without anything in them, the first in {channel}"
    )]
    MissingIntent {
        /// Number of messages without any content.
        messages: u64,
        /// Channel of the first of them.
        channel: String,
    },
    /// Some channels could not be read to their end. Everything else is in the store.
    #[error("{}", list(failures))]
    Channels {
        /// Channels that failed; never empty.
        failures: Vec<Failure>,
        /// Report of everything that was read nevertheless.
        report: Box<Report>,
    },
    /// The user asked to stop. What was read so far is in the store.
    #[error("stopped after {} messages", report.totals.messages)]
    Interrupted {
        /// Report of everything that was read.
        report: Box<Report>,
    },
}

/// Reason for which a channel could not be read to its end.
#[derive(Debug)]
pub struct Failure {
    /// Name of the channel for people.
    pub channel: String,
    /// Error of the request.
    pub error: persona_discord::Error,
}

fn names(guilds: &[Guild]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |formatter| {
        for (index, guild) in guilds.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(formatter, "{separator}`{}` ({})", guild.name, guild.id)?;
        }
        Ok(())
    })
}

fn list(failures: &[Failure]) -> impl fmt::Display + '_ {
    fmt::from_fn(move |formatter| {
        let shown = 5;
        for (index, failure) in failures.iter().take(shown).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(
                formatter,
                "{separator}{}: {}",
                failure.channel, failure.error
            )?;
        }
        match failures.len().saturating_sub(shown) {
            0 => Ok(()),
            more => write!(formatter, "; and {more} more channels failed"),
        }
    })
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Discord(error) => return error.hint(),
            Self::Store(error) => return error.hint(),
            Self::Channels { failures, .. } => {
                return failures.iter().find_map(|failure| failure.error.hint());
            }
            Self::Runtime(_) => return None,
            Self::NoGuild => {
                "invite it: https://discord.com/developers/applications, your application, OAuth2, URL Generator: scope `bot`, permissions View Channels and Read Message History; then open the link"
            }
            Self::SeveralGuilds { .. } | Self::OtherGuild { .. } => {
                "choose one with --guild ID, or `guild = ID` under [discord] in persona.toml"
            }
            Self::UnknownChannel { near, .. } if !near.is_empty() => {
                return Some(format!("did you mean `{}`?", near.join("` or `")));
            }
            Self::UnknownChannel { .. } => "`--channels` lists them",
            Self::Since { .. } => "give a day as in --since 2024-01-31",
            Self::Resync { .. } => "give a span as in --resync 7d",
            Self::MissingIntent { .. } => {
                "switch on Message Content Intent: https://discord.com/developers/applications, your application, Bot, Privileged Gateway Intents; then run the same command again"
            }
            Self::Interrupted { .. } => "run the same command again to read the rest",
        };
        Some(hint.to_owned())
    }
}

//! Section `[fetch]`: what is read of a server.

use jiff::{civil::Date, tz::TimeZone};
use persona_core::Id;
use persona_discord::{snowflake, time};
use serde::{Deserialize, Serialize};

use super::error::Error;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Section `[fetch]`: extent of reading from Discord.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FetchConfig {
    /// Read only messages from this day on, such as `"2024-01-31"`. Setting an earlier day later reads the channels
    /// again from that day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Read the last days again, for edits, deletions and reactions: `"7d"`, `"12h"`, `"2w"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resync: Option<String>,
    /// Stop after this many messages; the next run goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// Number of channels that are read side by side.
    pub channels_at_once: usize,
    /// Whether archived threads are read too.
    pub archived_threads: bool,
    /// Whether private threads are read too, where the bot may.
    pub private_threads: bool,
    /// Whether channels that are seen for the first time are `allowed` or `denied`.
    pub new_channels: NewChannels,
}

/// Whether a channel is allowed when it is seen for the first time. A thread follows its channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewChannels {
    /// Read and used.
    #[default]
    Allowed,
    /// Neither read nor used until `--allow`.
    Denied,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            since: None,
            resync: None,
            limit: None,
            channels_at_once: 48,
            archived_threads: true,
            private_threads: true,
            new_channels: NewChannels::Allowed,
        }
    }
}

/// Bounds of a fetch as snowflakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// Snowflake up to which messages are not requested.
    pub(super) begin: Id,
    /// Snowflake after which messages are read again.
    pub(super) resync_after: Option<Id>,
    /// Largest number of messages to read.
    pub(super) limit: u64,
}

impl FetchConfig {
    pub(super) fn bounds(&self) -> Result<Bounds, Error> {
        let begin = match &self.since {
            Some(since) => snowflake::at(parse_since(since)?).saturating_sub(1),
            None => 0,
        };
        let resync_after = self
            .resync
            .as_deref()
            .map(|resync| {
                parse_span(resync)
                    .map(|span_ms| snowflake::at(time::now_ms().saturating_sub(span_ms)))
            })
            .transpose()?;
        Ok(Bounds {
            begin,
            resync_after,
            limit: self.limit.unwrap_or(u64::MAX),
        })
    }
}

/// Parses a day or a time, as milliseconds since 1970-01-01 UTC.
fn parse_since(text: &str) -> Result<i64, Error> {
    if let Ok(day) = text.trim().parse::<Date>()
        && let Ok(start) = day.to_zoned(TimeZone::UTC)
        && !text.contains(':')
    {
        return Ok(start.timestamp().as_millisecond());
    }
    time::parse(text).map_err(|_| Error::Since {
        value: text.to_owned(),
    })
}

/// Parses a number of minutes, hours, days or weeks, as milliseconds.
fn parse_span(text: &str) -> Result<i64, Error> {
    let wrong = || Error::Resync {
        value: text.to_owned(),
    };
    let text = text.trim();
    let unit_ms = match text.chars().last() {
        Some('m') => DAY_MS / 24 / 60,
        Some('h') => DAY_MS / 24,
        Some('d') => DAY_MS,
        Some('w') => 7 * DAY_MS,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - 1].trim().parse().map_err(|_| wrong())?;
    Ok(i64::from(count) * unit_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_times() {
        for (text, ms) in [
            ("2024-01-31", 1_706_659_200_000),
            (" 2024-01-31 ", 1_706_659_200_000),
            ("2024-01-31T00:00:01Z", 1_706_659_201_000),
            ("2024-01-31 00:00:01", 1_706_659_201_000),
        ] {
            assert_eq!(parse_since(text).unwrap(), ms, "{text}");
        }
        let error = parse_since("last week").unwrap_err();
        assert!(error.to_string().contains("`last week`"), "{error}");
    }

    #[test]
    fn spans() {
        for (text, ms) in [
            ("7d", 7 * DAY_MS),
            ("36h", DAY_MS * 3 / 2),
            ("90m", DAY_MS / 16),
            ("2w", 14 * DAY_MS),
        ] {
            assert_eq!(parse_span(text).unwrap(), ms, "{text}");
        }
        for text in ["", "d", "7", "7 days", "-1d", "1.5d", "7ё"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_begins_with_its_first_message() {
        let config = FetchConfig {
            since: Some("2024-01-31".to_owned()),
            ..FetchConfig::default()
        };
        let bounds = config.bounds().unwrap();
        assert_eq!(bounds.begin + 1, snowflake::at(1_706_659_200_000));
        assert_eq!(FetchConfig::default().bounds().unwrap().begin, 0);
    }
}

//! Settings of the connection to Discord.

use std::time::Duration;

use persona_core::Id;
use serde::{Deserialize, Serialize};

use crate::{error::Error, fields};

/// Section `[discord]`: connection with Discord's API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiConfig {
    /// Base address of the API. A proxy may stand here; the bot's token is sent to it.
    pub api: String,
    /// Your server; needed only where the bot is in several.
    #[serde(
        deserialize_with = "fields::optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub guild: Option<Id>,
    /// Largest number of requests per second, over all channels. Discord allows a bot 50. 0: unlimited.
    pub requests_per_second: f64,
    /// Milliseconds between two pages of one channel, at least. Discord allows about five in five seconds.
    pub channel_interval_ms: u64,
    /// Seconds after which a request without an answer counts as failed.
    pub timeout_seconds: f64,
    /// Number of times a failed request is repeated.
    pub retries: u32,
    /// Milliseconds before the first repetition; doubled for each further one, up to half a minute.
    pub backoff_ms: u64,
    /// Longest wait, in seconds, that Discord may ask for; where it asks for more, the request fails.
    pub retry_after_cap_seconds: f64,
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self {
            api: "https://discord.com".to_owned(),
            guild: None,
            requests_per_second: 40.0,
            channel_interval_ms: 1000,
            timeout_seconds: 20.0,
            retries: 6,
            backoff_ms: 500,
            retry_after_cap_seconds: 120.0,
        }
    }
}

impl ApiConfig {
    /// Interval between two requests, over all channels.
    pub(crate) fn spacing(&self) -> Result<Duration, Error> {
        let rate = self.requests_per_second;
        if rate == 0.0 {
            return Ok(Duration::ZERO);
        }
        Duration::try_from_secs_f64(1.0 / rate)
            .ok()
            .filter(|_| rate.is_finite())
            .ok_or(Error::Setting {
                key: "requests_per_second",
                value: rate,
                expected: "a number above 0, or 0 for no limit",
            })
    }

    pub(crate) fn timeout(&self) -> Result<Duration, Error> {
        seconds("timeout_seconds", self.timeout_seconds)
    }

    pub(crate) fn cap(&self) -> Result<Duration, Error> {
        seconds("retry_after_cap_seconds", self.retry_after_cap_seconds)
    }
}

fn seconds(key: &'static str, value: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(value)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or(Error::Setting {
            key,
            value,
            expected: "a number of seconds above 0",
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_make_no_sense_are_named() {
        for rate in [-1.0, f64::NAN, f64::INFINITY, 1e-300] {
            let config = ApiConfig {
                requests_per_second: rate,
                ..ApiConfig::default()
            };
            assert!(config.spacing().is_err(), "{rate}");
        }
        let config = ApiConfig {
            timeout_seconds: 0.0,
            ..ApiConfig::default()
        };
        assert_eq!(
            config.timeout().unwrap_err().to_string(),
            "`timeout_seconds` is 0, expected a number of seconds above 0"
        );
        assert_eq!(
            ApiConfig::default().spacing().unwrap(),
            Duration::from_millis(25)
        );
    }
}

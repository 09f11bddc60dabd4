//! The `[bot.supervise]` section of `persona.toml`.

use serde::{Deserialize, Serialize};

use super::error::Error;

/// Rules by which a bot counts as dead and is restarted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SuperviseConfig {
    /// Seconds between two heartbeats.
    pub heartbeat_seconds: f64,
    /// Seconds without a heartbeat after which the bot counts as frozen and is restarted.
    pub silent_seconds: f64,
    /// Seconds without progress after which an engine that has work counts as hung; heartbeats then stop. A long prompt on a
    /// slow processor takes its time.
    pub engine_seconds: f64,
    /// Seconds that the bot may take from its start to the first heartbeat; it loads the model in this time.
    pub start_seconds: f64,
    /// Seconds before the first restart; doubled for each further one.
    pub wait_seconds: f64,
    /// Longest wait before a restart, in seconds.
    pub wait_seconds_max: f64,
    /// Seconds after which a running bot counts as healthy, so that waits start from the shortest again.
    pub healthy_seconds: f64,
    /// Restarts that are allowed within an hour; instead of another one, the supervisor gives up.
    pub restarts_per_hour: u32,
}

impl Default for SuperviseConfig {
    fn default() -> Self {
        Self {
            heartbeat_seconds: 5.0,
            silent_seconds: 60.0,
            engine_seconds: 300.0,
            start_seconds: 300.0,
            wait_seconds: 1.0,
            wait_seconds_max: 60.0,
            healthy_seconds: 600.0,
            restarts_per_hour: 10,
        }
    }
}

impl SuperviseConfig {
    /// Refuses values that make no sense.
    pub fn check(&self) -> Result<(), Error> {
        for (key, value) in [
            ("heartbeat_seconds", self.heartbeat_seconds),
            ("silent_seconds", self.silent_seconds),
            ("engine_seconds", self.engine_seconds),
            ("start_seconds", self.start_seconds),
            ("wait_seconds", self.wait_seconds),
            ("wait_seconds_max", self.wait_seconds_max),
            ("healthy_seconds", self.healthy_seconds),
        ] {
            // A century; more would not fit a duration.
            if !(value.is_finite() && (0.0..=3.2e9).contains(&value)) {
                return Err(Error::Setting {
                    key,
                    found: value,
                    expected: "a number of seconds",
                });
            }
        }
        if self.silent_seconds < 2.0 * self.heartbeat_seconds {
            return Err(Error::Setting {
                key: "silent_seconds",
                found: self.silent_seconds,
                expected: "at least twice `heartbeat_seconds`",
            });
        }
        Ok(())
    }
}

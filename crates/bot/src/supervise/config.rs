//! The `[bot.supervise]` section of `persona.toml`.

use serde::{Deserialize, Serialize};

use super::error::Error;

/// When a bot counts as dead, and how it is started again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SuperviseConfig {
    /// The bot leaves a sign of life this often.
    pub heartbeat_seconds: f64,
    /// Without a new sign of life for so long, it counts as frozen and is started again.
    pub silent_seconds: f64,
    /// An engine that has work and does nothing for so long hangs: no signs of life are left then. A long prompt on a slow
    /// processor takes its time.
    pub engine_seconds: f64,
    /// So long it may take from its start to the first sign of life: the model is loaded then.
    pub start_seconds: f64,
    /// The wait before the first restart; each further one waits twice as long.
    pub wait_seconds: f64,
    /// No wait is longer.
    pub wait_seconds_max: f64,
    /// After running so long, a bot counts as healthy, and waits begin anew.
    pub healthy_seconds: f64,
    /// More restarts within an hour mean that something is wrong which no restart helps with: the supervisor stops.
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

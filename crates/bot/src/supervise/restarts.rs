//! Waits before restarts, and when to give up.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::config::SuperviseConfig;

const HOUR: Duration = Duration::from_hours(1);

/// Decision about a bot that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Start it again after this wait.
    After(Duration),
    /// Too many restarts: give up.
    TooMany,
}

/// Restarts within the last hour.
pub(super) struct Restarts {
    first: Duration,
    longest: Duration,
    healthy: Duration,
    per_hour: usize,
    wait: Duration,
    times: VecDeque<Instant>,
}

impl Restarts {
    pub(super) fn new(config: &SuperviseConfig) -> Self {
        let first = Duration::from_secs_f64(config.wait_seconds);
        Self {
            first,
            longest: Duration::from_secs_f64(config.wait_seconds_max),
            healthy: Duration::from_secs_f64(config.healthy_seconds),
            per_hour: config.restarts_per_hour as usize,
            wait: first,
            times: VecDeque::new(),
        }
    }

    /// Decides about a bot that ended after running for `lived`; `failed` is false for an ordered restart.
    pub(super) fn next(&mut self, now: Instant, lived: Duration, failed: bool) -> Next {
        while self
            .times
            .front()
            .is_some_and(|time| now.duration_since(*time) >= HOUR)
        {
            self.times.pop_front();
        }
        if self.times.len() >= self.per_hour {
            return Next::TooMany;
        }
        self.times.push_back(now);
        if !failed {
            return Next::After(Duration::ZERO);
        }
        if lived >= self.healthy {
            self.wait = self.first;
        }
        let wait = self.wait.min(self.longest);
        self.wait = (self.wait * 2).min(self.longest);
        Next::After(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> SuperviseConfig {
        SuperviseConfig {
            wait_seconds: 1.0,
            wait_seconds_max: 5.0,
            healthy_seconds: 100.0,
            restarts_per_hour: 6,
            ..SuperviseConfig::default()
        }
    }

    #[test]
    fn waits_double_up_to_the_longest_and_begin_anew_after_a_healthy_life() {
        let mut restarts = Restarts::new(&config());
        let now = Instant::now();
        let mut wait = |lived, failed| match restarts.next(now, Duration::from_secs(lived), failed)
        {
            Next::After(wait) => wait.as_secs(),
            Next::TooMany => panic!("too many"),
        };
        assert_eq!(
            [wait(1, true), wait(1, true), wait(1, true), wait(1, true)],
            [1, 2, 4, 5]
        );
        assert_eq!(wait(100, true), 1);
        assert_eq!(wait(1, false), 0);
    }

    #[test]
    fn the_limit_is_for_any_hour() {
        let mut restarts = Restarts::new(&config());
        let start = Instant::now();
        let minute = |number: u64| start + Duration::from_secs(60 * number);
        for number in 0..6 {
            assert!(matches!(
                restarts.next(minute(number), Duration::ZERO, true),
                Next::After(_)
            ));
        }
        assert_eq!(
            restarts.next(minute(30), Duration::ZERO, true),
            Next::TooMany
        );
        assert_eq!(
            restarts.next(minute(59), Duration::ZERO, false),
            Next::TooMany
        );
        assert!(matches!(
            restarts.next(minute(60), Duration::ZERO, true),
            Next::After(_)
        ));
        assert_eq!(
            restarts.next(minute(60), Duration::ZERO, true),
            Next::TooMany
        );
    }
}

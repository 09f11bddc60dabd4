//! Status of a bot seen from outside: whether it is alive, and its figures.

use std::{fmt, path::Path};

use persona_discord::time::now_ms;
use persona_store::{Error, Store};
use serde::Serialize;

use crate::{
    heartbeat::Beat,
    monitor::{Day, days},
};

/// Status of a bot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Status {
    /// Whether the newest heartbeat is recent.
    pub alive: bool,
    /// Newest heartbeat, however old.
    pub beat: Option<Beat>,
    /// Seconds since the newest heartbeat.
    pub silent_seconds: Option<f64>,
    /// Figures of the newest day that has any.
    pub day: Option<Day>,
}

/// Reads the heartbeat and the newest day of figures. A bot whose heartbeat is older than `silent_seconds` counts as dead.
pub fn status(heartbeat: &Path, store: &Store, silent_seconds: f64) -> Result<Status, Error> {
    let beat = Beat::read(heartbeat);
    let now = now_ms();
    let silent = beat
        .as_ref()
        .map(|beat| (now - beat.time_ms).max(0) as f64 / 1000.0);
    Ok(Status {
        alive: silent.is_some_and(|silent| silent <= silent_seconds),
        beat,
        silent_seconds: silent,
        day: days(store, 1)?.into_iter().next(),
    })
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.beat, self.silent_seconds) {
            (Some(beat), Some(silent)) if self.alive => writeln!(
                formatter,
                "alive: process {}, up {}, {} MiB, last sign of life {silent:.0} s ago",
                beat.process,
                span(beat.uptime_seconds),
                beat.memory_mib
            )?,
            (Some(beat), Some(silent)) => writeln!(
                formatter,
                "not alive: the last sign of life, of process {}, is {} old",
                beat.process,
                span(silent as u64)
            )?,
            _ => writeln!(formatter, "not alive: there is no sign of life")?,
        }
        match &self.day {
            Some(day) => write!(formatter, "{}", table(std::slice::from_ref(day))),
            None => writeln!(formatter, "no statistics yet"),
        }
    }
}

/// Statistics as a table for people, one line per day.
pub fn table(days: &[Day]) -> String {
    use fmt::Write;
    let mut text = String::from(
        "day           seen  answered  dropped  errors   p50 s   p95 s  tokens/s  memory MiB\n",
    );
    for day in days {
        let seconds =
            |ms: Option<f64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{:.1}", ms / 1000.0));
        let speed = day
            .tokens_per_second
            .map_or_else(|| "-".to_owned(), |speed| format!("{speed:.1}"));
        let _ = writeln!(
            text,
            "{:<10}  {:>6}  {:>8}  {:>7}  {:>6}  {:>6}  {:>6}  {:>8}  {:>10}",
            day.day,
            day.seen,
            day.answered,
            day.dropped,
            day.errors,
            seconds(day.latency_ms_p50),
            seconds(day.latency_ms_p95),
            speed,
            day.memory_mib_max
        );
    }
    text
}

fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_living_and_the_dead() {
        let folder = tempfile::tempdir().unwrap();
        let heartbeat = folder.path().join("heartbeat");
        let store = Store::open(&folder.path().join("store.sqlite")).unwrap();
        let look = || status(&heartbeat, &store, 60.0).unwrap().to_string();
        assert_eq!(
            look(),
            "not alive: there is no sign of life\nno statistics yet\n"
        );
        let beat = |time_ms| Beat {
            process: 7,
            count: 1,
            time_ms,
            uptime_seconds: 93_784,
            memory_mib: 321,
        };
        beat(now_ms()).write(&heartbeat).unwrap();
        assert!(
            look()
                .starts_with("alive: process 7, up 1 d 2 h, 321 MiB, last sign of life 0 s ago\n"),
            "{}",
            look()
        );
        beat(now_ms() - 7_260_000).write(&heartbeat).unwrap();
        assert!(
            look()
                .starts_with("not alive: the last sign of life, of process 7, is 2 h 1 min old\n")
        );
        store.add_statistics("2026-01-31", "seen", 12.0).unwrap();
        store.add_statistics("2026-01-31", "answered", 1.0).unwrap();
        store
            .add_statistics("2026-01-31", "latency_step_20", 1.0)
            .unwrap();
        let text = look();
        assert!(text.contains("\n2026-01-31      12         1        0       0     0.6     0.6         -           0\n"), "{text}");
    }
}

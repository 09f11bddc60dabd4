//! The figures of a day.

use std::collections::BTreeMap;

use persona_store::{Error, Store};
use serde::Serialize;

use super::histogram::{quantile, step};
use crate::observer::BotEvent;

const SEEN: &str = "seen";
const ANSWERED: &str = "answered";
const DROPPED: &str = "dropped";
const ERRORS: &str = "errors";
const TOKENS: &str = "tokens";
const WRITING_MS: &str = "writing_ms";
const MEMORY_MIB_MAX: &str = "memory_mib_max";
/// Before the number of a step of latencies.
const LATENCY: &str = "latency_step_";

/// What was counted and not yet written.
#[derive(Debug, Default)]
pub(super) struct Figures {
    sums: BTreeMap<String, f64>,
    memory_mib_max: u64,
}

impl Figures {
    pub(super) fn count(&mut self, event: &BotEvent) {
        match event {
            BotEvent::Seen => self.add(SEEN, 1.0),
            BotEvent::Answered {
                latency,
                tokens,
                writing,
            } => {
                self.add(ANSWERED, 1.0);
                self.add(TOKENS, *tokens as f64);
                self.add(WRITING_MS, writing.as_secs_f64() * 1000.0);
                let step = step(latency.as_secs_f64() * 1000.0);
                self.add(&format!("{LATENCY}{step:02}"), 1.0);
            }
            BotEvent::Dropped => self.add(DROPPED, 1.0),
            BotEvent::Failed => self.add(ERRORS, 1.0),
            BotEvent::LookedUp => {}
        }
    }

    pub(super) fn see_memory(&mut self, mib: u64) {
        self.memory_mib_max = self.memory_mib_max.max(mib);
    }

    /// Takes what was counted so far.
    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Adds what could not be written.
    pub(super) fn put_back(&mut self, other: Self) {
        for (name, value) in other.sums {
            self.add(&name, value);
        }
        self.see_memory(other.memory_mib_max);
    }

    /// Adds these to the figures of `day`.
    pub(super) fn write(&self, store: &Store, day: &str) -> Result<(), Error> {
        for (name, value) in &self.sums {
            store.add_statistics(day, name, *value)?;
        }
        let mib = self.memory_mib_max as f64;
        let known = store.statistics(day)?;
        if mib > known.get(MEMORY_MIB_MAX).copied().unwrap_or(0.0) {
            store.set_statistic(day, MEMORY_MIB_MAX, mib)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, value: f64) {
        *self.sums.entry(name.to_owned()).or_default() += value;
    }
}

/// The statistics of one day (UTC).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Day {
    /// Such as `2026-01-31`.
    pub day: String,
    /// Messages of people in allowed channels.
    pub seen: u64,
    /// Messages that were answered.
    pub answered: u64,
    /// Messages that should have been answered and were not: too many came at once.
    pub dropped: u64,
    /// Answers and orders that failed.
    pub errors: u64,
    /// From a message to its answer: half of all answers were quicker.
    pub latency_ms_p50: Option<f64>,
    /// From a message to its answer: 95 of 100 answers were quicker.
    pub latency_ms_p95: Option<f64>,
    /// Tokens per second while writing.
    pub tokens_per_second: Option<f64>,
    /// The most resident memory that was seen.
    pub memory_mib_max: u64,
}

impl Day {
    fn read(store: &Store, day: &str) -> Result<Self, Error> {
        let figures = store.statistics(day)?;
        let figure = |name: &str| figures.get(name).copied().unwrap_or(0.0);
        let latencies: BTreeMap<usize, f64> = figures
            .iter()
            .filter_map(|(name, count)| Some((name.strip_prefix(LATENCY)?.parse().ok()?, *count)))
            .collect();
        let writing = figure(WRITING_MS) / 1000.0;
        Ok(Self {
            day: day.to_owned(),
            seen: figure(SEEN) as u64,
            answered: figure(ANSWERED) as u64,
            dropped: figure(DROPPED) as u64,
            errors: figure(ERRORS) as u64,
            latency_ms_p50: quantile(&latencies, 0.5),
            latency_ms_p95: quantile(&latencies, 0.95),
            tokens_per_second: (writing > 0.0).then(|| figure(TOKENS) / writing),
            memory_mib_max: figure(MEMORY_MIB_MAX) as u64,
        })
    }
}

/// The statistics of the newest `count` days that have any, the newest first.
pub fn days(store: &Store, count: usize) -> Result<Vec<Day>, Error> {
    let days = store.statistic_days()?;
    days.iter()
        .take(count)
        .map(|day| Day::read(store, day))
        .collect()
}

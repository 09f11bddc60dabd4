//! Progress of a fetch, as the user sees it.

use std::{collections::BTreeMap, time::Instant};

use persona_core::{Id, Progress, Task, Unit};
use persona_discord::snowflake;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Progress bars: one over all channels, and one for each channel with more than a page.
pub(super) struct Show<'a> {
    progress: &'a dyn Progress,
    all: Box<dyn Task>,
    begun: Instant,
    messages: u64,
    channels: BTreeMap<Id, Shown>,
}

struct Shown {
    task: Box<dyn Task>,
    begun: Instant,
    messages: u64,
    first_ms: i64,
    last_ms: i64,
}

/// Position of a channel in its history.
pub(super) struct Step<'a> {
    pub(super) channel: Id,
    pub(super) label: &'a str,
    /// Messages of the page.
    pub(super) messages: u64,
    /// First id of the range that was read with this page.
    pub(super) from: Id,
    pub(super) to: Id,
    /// Newest message of the channel.
    pub(super) end: Option<Id>,
}

impl<'a> Show<'a> {
    pub(super) fn new(progress: &'a dyn Progress, channels: u64) -> Self {
        Self {
            all: progress.task("discord", Some(channels), Unit::Things("channels")),
            progress,
            begun: Instant::now(),
            messages: 0,
            channels: BTreeMap::new(),
        }
    }

    /// Shows a page of a channel that goes on. The bar counts days of history, because Discord does not tell the number
    /// of messages.
    pub(super) fn step(&mut self, step: &Step<'_>) {
        self.count(step.messages);
        let shown = self.channels.entry(step.channel).or_insert_with(|| {
            let first_ms = snowflake::timestamp_ms(step.from.max(step.channel));
            let last_ms = snowflake::timestamp_ms(step.end.unwrap_or(step.to).max(step.to));
            Shown {
                task: self.progress.task(
                    step.label,
                    Some(days(first_ms, last_ms)),
                    Unit::Things("days"),
                ),
                begun: Instant::now(),
                messages: 0,
                first_ms,
                last_ms,
            }
        });
        shown.messages += step.messages;
        let now_ms = snowflake::timestamp_ms(step.to).min(shown.last_ms);
        shown.task.note(&rate(shown.messages, shown.begun));
        shown.task.set(days(shown.first_ms, now_ms));
    }

    /// Ends the bar of a channel. `messages` is the number on its last page.
    pub(super) fn end(&mut self, channel: Id, messages: u64) {
        self.count(messages);
        self.channels.remove(&channel);
        self.all.advance(1);
    }

    fn count(&mut self, messages: u64) {
        self.messages += messages;
        self.all.note(&rate(self.messages, self.begun));
    }
}

fn days(from_ms: i64, to_ms: i64) -> u64 {
    (to_ms - from_ms)
        .max(0)
        .cast_unsigned()
        .div_ceil(DAY_MS.cast_unsigned())
        .max(1)
}

fn rate(messages: u64, begun: Instant) -> String {
    let seconds = begun.elapsed().as_secs_f64().max(1e-3);
    format!("{messages} messages, {:.0}/s", messages as f64 / seconds)
}

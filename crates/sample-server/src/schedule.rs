//! Times of conversations and messages.

use std::collections::BTreeMap;

use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{authors::Author, channels::Parent, script::Topic, words::Words};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Age of the server in days.
pub(crate) const DAYS: i64 = 425;
/// Distance between two conversations of a channel. No conversation is this long, so that a silence separates them.
const APART_MS: i64 = 4 * HOUR_MS;
/// Days in which a thread has conversations.
const THREAD_DAYS: i64 = 120;

/// Planned conversation.
pub(crate) struct PlannedConversation<'a> {
    /// Position of the channel.
    pub(crate) channel: usize,
    /// Topic of the conversation.
    pub(crate) topic: &'a Topic,
    /// Time of the first message, in milliseconds since 1970-01-01 UTC.
    pub(crate) start_ms: i64,
    /// Hour of day, UTC.
    pub(crate) hour: u32,
    /// People who take part; the first one begins.
    pub(crate) friends: Vec<&'a Author<'a>>,
    /// Approximate number of lines.
    pub(crate) length: usize,
}

/// Finds times and people for conversations.
pub(crate) struct Calendar {
    /// The first day.
    pub(crate) start_ms: i64,
    taken: BTreeMap<usize, Vec<i64>>,
}

impl Calendar {
    /// Empty calendar from `start_ms` on.
    pub(crate) fn new(start_ms: i64) -> Self {
        Self {
            start_ms,
            taken: BTreeMap::new(),
        }
    }

    /// Plans the next conversation. `tally` counts each author's messages so far; it keeps the shares near their goals.
    pub(crate) fn next_conversation<'a>(
        &mut self,
        words: &'a Words,
        cast: &'a [Author<'a>],
        tally: &[f64],
        rng: &mut ChaCha8Rng,
    ) -> PlannedConversation<'a> {
        let said: f64 = tally.iter().sum::<f64>().max(1.0);
        let wish = |author: &Author| {
            let lag = (author.weight * said + 8.0) / (tally[author.index] + 8.0);
            author.weight * lag.powi(3).clamp(0.05, 8.0)
        };
        let lead = weighted(&cast.iter().collect::<Vec<_>>(), wish, rng);
        let (channel, start_ms, hour) = self.slot(words, lead, rng);
        let mut friends = vec![lead];
        let others = if rng.random_bool(0.1) {
            1
        } else {
            rng.random_range(2..=4)
        };
        for _ in 0..others {
            let others: Vec<_> = cast
                .iter()
                .filter(|author| friends.iter().all(|friend| friend.index != author.index))
                .collect();
            friends.push(weighted(
                &others,
                |author| wish(author) * awake(author, hour),
                rng,
            ));
        }
        let (topic, _) = words.channels[channel]
            .topics
            .choose_weighted(rng, |(_, share)| *share)
            .expect("shares are positive");
        PlannedConversation {
            channel,
            topic: &words.topics[topic],
            start_ms,
            hour,
            friends,
            length: 3 + rng.random_range(0..4) + rng.random_range(0..4),
        }
    }

    fn slot(&mut self, words: &Words, lead: &Author, rng: &mut ChaCha8Rng) -> (usize, i64, u32) {
        loop {
            let channel = channel(words, rng);
            let day = match words.channels[channel].parent {
                Parent::Category(_) => rng.random_range(0..DAYS),
                Parent::Channel(_) => thread_day(channel) + rng.random_range(1..THREAD_DAYS),
            };
            let spread = rng.random_range(-3..=3) + rng.random_range(-3..=3);
            let hour = (lead.peak_hour as i32 + spread).rem_euclid(24) as u32;
            let start_ms = self.start_ms
                + day * DAY_MS
                + i64::from(hour) * HOUR_MS
                + rng.random_range(0..HOUR_MS);
            let taken = self.taken.entry(channel).or_default();
            if taken
                .iter()
                .all(|other| (other - start_ms).abs() > APART_MS)
            {
                taken.push(start_ms);
                return (channel, start_ms, hour);
            }
        }
    }
}

/// Day on which a thread begins.
pub(crate) fn thread_day(channel: usize) -> i64 {
    40 + 60 * (channel as i64 % 4)
}

/// Milliseconds between `text` and the next message of a conversation.
pub(crate) fn pause(text: &str, rng: &mut ChaCha8Rng) -> i64 {
    let typing = 80 * text.chars().count() as i64;
    let thinking = match rng.random_range(0..100) {
        0..70 => rng.random_range(3_000..40_000),
        70..95 => rng.random_range(40_000..180_000),
        _ => rng.random_range(180_000..600_000),
    };
    typing + thinking
}

fn channel(words: &Words, rng: &mut ChaCha8Rng) -> usize {
    let positions: Vec<usize> = (0..words.channels.len()).collect();
    *positions
        .choose_weighted(rng, |at| words.channels[*at].share)
        .expect("shares are positive")
}

fn awake(author: &Author, hour: u32) -> f64 {
    let apart = author.peak_hour.abs_diff(hour);
    let apart = f64::from(apart.min(24 - apart));
    0.08 + (-apart * apart / 30.0).exp()
}

fn weighted<'a>(
    authors: &[&'a Author<'a>],
    weight: impl Fn(&Author) -> f64,
    rng: &mut ChaCha8Rng,
) -> &'a Author<'a> {
    authors
        .choose_weighted(rng, |author| weight(author))
        .expect("weights are positive")
}

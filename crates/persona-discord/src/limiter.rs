//! Pacing: a largest number of requests per second, a smallest interval between two pages of a channel, and no requests
//! while Discord asks to wait.
//!
//! Times are passed in, so that the arithmetic can be tested without waiting.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use persona_core::lock::locked;
use serenity::http::{LightMethod, RatelimitingBucket, Request, Route};
use tokio::time::{Instant, sleep_until};

use crate::request_label::method_name;

/// Number of buckets above which those without a pending time are dropped.
const BUCKETS_KEPT: usize = 1024;

/// Bucket that Discord counts requests in: method, route, and the channel, server or interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    method: &'static str,
    bucket: RatelimitingBucket,
    /// Whether it is a page of history, which is paced whatever the headers say.
    history: bool,
}

impl Key {
    pub(crate) fn of(request: &Request<'_>) -> Self {
        let method = request.method_ref();
        let route = request.route_ref();
        Self {
            method: method_name(*method),
            bucket: route.ratelimiting_bucket(),
            history: matches!(
                (method, route),
                (LightMethod::Get, Route::ChannelMessages { .. })
            ),
        }
    }
}

/// Decides when a request may be sent.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// Interval between any two requests.
    spacing: Duration,
    /// Interval between two pages of a channel.
    channel_spacing: Duration,
    state: Mutex<LimiterState>,
}

#[derive(Debug, Default)]
struct LimiterState {
    all: Times,
    buckets: HashMap<Key, Times>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Times {
    /// Time at which the next request may be sent.
    next: Option<Instant>,
    /// Time before which no request may be sent.
    blocked: Option<Instant>,
}

impl Times {
    /// Takes the next slot and returns its time.
    fn take(&mut self, now: Instant, spacing: Duration) -> Instant {
        let slot = self.next.map_or(now, |next| next.max(now));
        self.next = Some(slot + spacing);
        slot
    }

    fn block(&mut self, until: Instant) {
        self.blocked = Some(self.blocked.map_or(until, |known| known.max(until)));
    }
}

impl Limiter {
    pub(crate) fn new(spacing: Duration, channel_spacing: Duration) -> Self {
        Self {
            spacing,
            channel_spacing,
            state: Mutex::default(),
        }
    }

    /// Waits until a request may be sent.
    pub(crate) async fn wait(&self, key: Key) {
        let now = Instant::now();
        let slot = self.channel_slot(key, now);
        if slot > now {
            sleep_until(slot).await;
        }
        loop {
            while let Some(until) = self.blocked(key, Instant::now()) {
                sleep_until(until).await;
            }
            // The common slot is taken last, so that a request that waits for its channel does not hold up others.
            let now = Instant::now();
            let slot = self.slot(now);
            if slot <= now {
                return;
            }
            sleep_until(slot).await;
            if self.blocked(key, Instant::now()).is_none() {
                return;
            }
        }
    }

    /// Blocks requests of this bucket until `until`.
    pub(crate) fn block(&self, key: Key, until: Instant) {
        locked(&self.state)
            .buckets
            .entry(key)
            .or_default()
            .block(until);
    }

    /// Blocks all requests until `until`.
    pub(crate) fn block_all(&self, until: Instant) {
        locked(&self.state).all.block(until);
    }

    fn slot(&self, now: Instant) -> Instant {
        locked(&self.state).all.take(now, self.spacing)
    }

    fn channel_slot(&self, key: Key, now: Instant) -> Instant {
        if !key.history || self.channel_spacing.is_zero() {
            return now;
        }
        let mut state = locked(&self.state);
        if state.buckets.len() >= BUCKETS_KEPT {
            let holds = |time: Option<Instant>| time.is_some_and(|time| time > now);
            state
                .buckets
                .retain(|_, times| holds(times.next) || holds(times.blocked));
        }
        let times = state.buckets.entry(key).or_default();
        times.take(now, self.channel_spacing)
    }

    /// End of the block on this bucket, if there is one.
    fn blocked(&self, key: Key, now: Instant) -> Option<Instant> {
        let state = locked(&self.state);
        let own = state.buckets.get(&key).and_then(|times| times.blocked);
        state.all.blocked.max(own).filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use serenity::model::id::ChannelId;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(method: LightMethod, channel: u64) -> Key {
        let channel_id = ChannelId::new(channel);
        Key::of(&Request::new(Route::ChannelMessages { channel_id }, method))
    }

    #[test]
    fn pages_of_a_channel_are_spaced_and_channels_are_apart() {
        let limiter = Limiter::new(Duration::from_millis(25), SECOND);
        let now = Instant::now();
        let slots = [1, 1, 2, 1]
            .map(|channel| limiter.channel_slot(key(LightMethod::Get, channel), now) - now);
        assert_eq!(slots, [Duration::ZERO, SECOND, Duration::ZERO, 2 * SECOND]);
        let own = limiter.channel_slot(key(LightMethod::Post, 1), now);
        assert_eq!(own, now, "sending is not paced with reading");
    }

    #[test]
    fn requests_are_spaced_over_all_channels() {
        let limiter = Limiter::new(Duration::from_millis(25), SECOND);
        let now = Instant::now();
        let slots: Vec<u128> = (0..4)
            .map(|_| (limiter.slot(now) - now).as_millis())
            .collect();
        assert_eq!(slots, [0, 25, 50, 75]);
        let later = now + SECOND;
        assert_eq!(limiter.slot(later), later, "unused time is not saved up");
    }

    #[test]
    fn a_block_holds_one_kind_or_all() {
        let limiter = Limiter::new(Duration::ZERO, Duration::ZERO);
        let (one, other) = (key(LightMethod::Get, 1), key(LightMethod::Get, 2));
        let now = Instant::now();
        limiter.block(one, now + SECOND);
        assert_eq!(limiter.blocked(one, now), Some(now + SECOND));
        assert_eq!(limiter.blocked(other, now), None);
        limiter.block_all(now + 3 * SECOND);
        limiter.block_all(now + 2 * SECOND);
        assert_eq!(limiter.blocked(one, now), Some(now + 3 * SECOND));
        assert_eq!(limiter.blocked(other, now + 3 * SECOND), None);
    }

    #[test]
    fn buckets_that_hold_nothing_are_dropped() {
        let limiter = Limiter::new(Duration::ZERO, SECOND);
        let now = Instant::now();
        for channel in 1..=3 * BUCKETS_KEPT as u64 {
            let later = now + 2 * SECOND * channel as u32;
            limiter.channel_slot(key(LightMethod::Get, channel), later);
        }
        assert!(locked(&limiter.state).buckets.len() <= BUCKETS_KEPT);
    }
}

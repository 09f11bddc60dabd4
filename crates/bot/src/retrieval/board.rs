//! What is to be looked up and what was found, shared by the bot's tasks and the thread that searches.
//!
//! Invariants: nobody waits here but that thread; a channel has at most one query that waits and one result.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Condvar, Mutex, PoisonError},
};

use persona_core::{Id, Turn, lock::locked};

/// A text like which past messages are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    /// Where it was written.
    pub(crate) channel: Id,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub(crate) timestamp_ms: i64,
    /// The text, normalised.
    pub(crate) text: String,
}

/// A past message that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Who wrote it.
    pub(crate) author_id: Id,
    /// The message as context.
    pub(crate) turn: Turn,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Board {
    state: Mutex<State>,
    /// There is something to search, or the board is closed.
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Query>,
    /// By channel: when what was looked up was written, and what is like it.
    ready: BTreeMap<Id, (i64, Vec<Found>)>,
    closed: bool,
}

impl Board {
    /// Puts a query into the queue. It takes the place of one that waits for the same channel.
    pub(super) fn want(&self, query: Query) {
        let mut state = locked(&self.state);
        let mut waiting = state.waiting.iter_mut();
        match waiting.find(|waiting| waiting.channel == query.channel) {
            Some(waiting) => *waiting = query,
            None => state.waiting.push_back(query),
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Waits for the query that is to be searched next; `None` when the board is closed.
    pub(super) fn next(&self) -> Option<Query> {
        let idle = |state: &mut State| !state.closed && state.waiting.is_empty();
        let mut state = self
            .changed
            .wait_while(locked(&self.state), idle)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return None;
        }
        state.waiting.pop_front()
    }

    /// Keeps what was found for `query`, in the place of what was found in its channel before. What is more than `age_ms` older
    /// than the newest result goes.
    pub(super) fn put(&self, query: &Query, found: Vec<Found>, age_ms: i64) {
        let mut state = locked(&self.state);
        state
            .ready
            .insert(query.channel, (query.timestamp_ms, found));
        let newest = state
            .ready
            .values()
            .map(|(written_ms, _)| *written_ms)
            .max();
        let oldest = newest.unwrap_or_default().saturating_sub(age_ms);
        state
            .ready
            .retain(|_, (written_ms, _)| *written_ms >= oldest);
    }

    /// What was found last in `channel`, unless it was looked up for something written before `since_ms`.
    pub(super) fn ready(&self, channel: Id, since_ms: i64) -> Vec<Found> {
        match locked(&self.state).ready.get(&channel) {
            Some((written_ms, found)) if *written_ms >= since_ms => found.clone(),
            _ => Vec::new(),
        }
    }

    /// Ends the thread that waits, or will wait, in [`Self::next`].
    pub(super) fn close(&self) {
        locked(&self.state).closed = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(channel: Id, timestamp_ms: i64) -> Query {
        Query {
            channel,
            timestamp_ms,
            text: format!("at {timestamp_ms}"),
        }
    }

    /// What a search for a query finds in these tests: the time of the query.
    fn found(query: &Query) -> Vec<Found> {
        let turn = Turn {
            message_ids: vec![1],
            author: "u1".to_owned(),
            text: query.text.clone(),
            timestamp_ms: query.timestamp_ms,
            reply_to: None,
            is_target: false,
            quoted: true,
            copies: 0,
            reactions: 0,
        };
        vec![Found { author_id: 1, turn }]
    }

    #[test]
    fn the_latest_query_of_a_channel_wins_and_keeps_the_place() {
        let board = Board::default();
        for query in [query(1, 10), query(2, 11), query(1, 12)] {
            board.want(query);
        }
        assert_eq!(board.next(), Some(query(1, 12)));
        assert_eq!(board.next(), Some(query(2, 11)));
        board.want(query(3, 13));
        board.close();
        assert_eq!(
            board.next(),
            None,
            "nothing is searched for a bot that stops"
        );
    }

    #[test]
    fn a_late_result_serves_the_next_reply_of_its_conversation() {
        let board = Board::default();
        assert_eq!(board.ready(1, 0), []);
        board.put(&query(1, 10), found(&query(1, 10)), 100);
        assert_eq!(board.ready(1, 10), found(&query(1, 10)));
        assert_eq!(board.ready(1, 10).len(), 1, "it is not used up");
        assert_eq!(board.ready(1, 11), [], "that was another conversation");
        assert_eq!(board.ready(2, 0), []);
        board.put(&query(2, 111), Vec::new(), 100);
        assert_eq!(board.ready(1, 0), [], "what is too old is not kept");
    }

    #[test]
    fn the_thread_sleeps_until_there_is_something() {
        let board = Board::default();
        std::thread::scope(|scope| {
            let searching = scope.spawn(|| std::iter::from_fn(|| board.next()).count());
            board.want(query(1, 1));
            // Taken or not when the board is closed: both end the thread.
            board.close();
            assert!(searching.join().unwrap() <= 1);
        });
    }

    proptest! {
        /// However messages come and searches end: a query a channel waits at most, and each channel has its latest result.
        #[test]
        fn it_is_bounded_and_the_latest_wins(steps in prop::collection::vec((0..4_u64, any::<bool>()), 0..80)) {
            let board = Board::default();
            let mut wanted: BTreeMap<Id, i64> = BTreeMap::new();
            let mut searched: BTreeMap<Id, i64> = BTreeMap::new();
            for (now, (channel, search)) in (0..).zip(steps) {
                if search && !wanted.is_empty() {
                    let next = board.next().unwrap();
                    prop_assert_eq!(wanted.remove(&next.channel), Some(next.timestamp_ms));
                    board.put(&next, found(&next), i64::MAX);
                    searched.insert(next.channel, next.timestamp_ms);
                } else {
                    board.want(query(channel, now));
                    wanted.insert(channel, now);
                }
                prop_assert_eq!(locked(&board.state).waiting.len(), wanted.len());
            }
            for channel in 0..4 {
                let expected = searched.get(&channel).map_or_else(Vec::new, |&at| found(&query(channel, at)));
                prop_assert_eq!(board.ready(channel, 0), expected);
            }
        }
    }
}

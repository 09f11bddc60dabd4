//! Bounded queue per channel, and the pause between two answers to one person.

use std::collections::{BTreeMap, VecDeque};

use persona_core::Id;

/// A queue of at most `max` items. The newest are kept; they are served in the order of their arrival.
#[derive(Clone, Debug)]
pub struct Queue<T> {
    waiting: VecDeque<T>,
    max: usize,
}

impl<T> Queue<T> {
    /// An empty queue for `max` items, at least one.
    pub fn new(max: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            max: max.max(1),
        }
    }

    /// Adds an item. Returns the oldest one where the queue was full.
    pub fn push(&mut self, item: T) -> Option<T> {
        let dropped = if self.waiting.len() == self.max {
            self.waiting.pop_front()
        } else {
            None
        };
        self.waiting.push_back(item);
        dropped
    }

    /// Takes out the item that waits longest.
    pub fn pop(&mut self) -> Option<T> {
        self.waiting.pop_front()
    }

    /// Removes all items for which `unwanted` returns true.
    pub fn remove(&mut self, unwanted: impl Fn(&T) -> bool) {
        self.waiting.retain(|item| !unwanted(item));
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// Time at which each person was last answered.
#[derive(Clone, Debug)]
pub struct Pauses {
    last_ms: BTreeMap<Id, i64>,
    pause_ms: i64,
}

impl Pauses {
    /// Pauses of at least `pause_ms` milliseconds between two answers to one person.
    pub fn new(pause_ms: i64) -> Self {
        Self {
            last_ms: BTreeMap::new(),
            pause_ms,
        }
    }

    /// Whether `person` may be answered at `now_ms`; if so, their pause begins.
    pub fn admit(&mut self, person: Id, now_ms: i64) -> bool {
        let pause_ms = self.pause_ms;
        // Only people whose pause lasts are kept, so that the map does not grow with the server.
        self.last_ms
            .retain(|_, last| now_ms.saturating_sub(*last) < pause_ms);
        if self.last_ms.contains_key(&person) {
            return false;
        }
        if pause_ms > 0 {
            self.last_ms.insert(person, now_ms);
        }
        true
    }
}

/// Latest ids handled, to recognise duplicates.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    ids: std::collections::BTreeSet<Id>,
}

impl Recent {
    /// Number of ids that are remembered. Snowflakes grow, so the smallest are the oldest.
    const MAX: usize = 8_192;

    /// Whether `id` was recorded before.
    pub fn contains(&self, id: Id) -> bool {
        self.ids.contains(&id)
    }

    /// Records `id`. Returns whether it is new.
    pub fn insert(&mut self, id: Id) -> bool {
        let new = self.ids.insert(id);
        if self.ids.len() > Self::MAX {
            self.ids.pop_first();
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_queue_keeps_the_newest_in_order(max in 1..6_usize, pushes in prop::collection::vec(any::<bool>(), 0..60)) {
            let mut queue = Queue::new(max);
            let (mut expected, mut next) = (Vec::new(), 0);
            for push in pushes {
                if push {
                    expected.push(next);
                    let dropped = queue.push(next);
                    let overflow = expected.len() > max;
                    prop_assert_eq!(dropped, overflow.then(|| expected.remove(0)));
                    next += 1;
                } else {
                    let first = (!expected.is_empty()).then(|| expected.remove(0));
                    prop_assert_eq!(queue.pop(), first);
                }
                prop_assert_eq!(queue.len(), expected.len());
                prop_assert!(queue.len() <= max);
            }
        }

        #[test]
        fn between_two_answers_lies_the_pause(pause in 0..50_i64, steps in prop::collection::vec((0..4_u64, 0..20_i64), 0..80)) {
            let mut pauses = Pauses::new(pause);
            let mut answered: BTreeMap<Id, i64> = BTreeMap::new();
            let mut now = 0;
            for (person, later) in steps {
                now += later;
                let due = answered.get(&person).is_none_or(|last| now - last >= pause);
                prop_assert_eq!(pauses.admit(person, now), due);
                if due {
                    answered.insert(person, now);
                }
                prop_assert!(pauses.last_ms.len() <= 4);
            }
        }
    }

    #[test]
    fn what_comes_twice_is_noticed_and_memory_is_bounded() {
        let mut recent = Recent::default();
        assert!(recent.insert(5));
        assert!(!recent.insert(5));
        for id in 0..20_000 {
            recent.insert(id);
        }
        assert_eq!(recent.ids.len(), Recent::MAX);
    }
}

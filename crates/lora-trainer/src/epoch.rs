//! The order of an epoch, and what is worked out once for each.

use std::sync::{Arc, Mutex, PoisonError};

use persona_core::random::derive_seed;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// The order in which `count` things are taken in epoch `epoch`: a permutation that belongs to seed and epoch alone.
pub fn epoch_order(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(derive_seed(
        seed,
        &format!("epoch {epoch}"),
    )));
    order
}

/// What was worked out for the epoch that was asked for last. Steps go through epochs in order, so one is enough.
#[derive(Debug)]
pub struct PerEpoch<T> {
    last: Mutex<Option<(usize, Arc<T>)>>,
}

impl<T> Default for PerEpoch<T> {
    fn default() -> Self {
        Self {
            last: Mutex::new(None),
        }
    }
}

impl<T> PerEpoch<T> {
    /// What belongs to `epoch`; `make` works it out where it was not asked for just before.
    pub fn get(&self, epoch: usize, make: impl FnOnce() -> T) -> Arc<T> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((found, made)) if *found == epoch => Arc::clone(made),
            _ => {
                let made = Arc::new(make());
                *last = Some((epoch, Arc::clone(&made)));
                made
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_different_permutations_that_repeat() {
        let order = epoch_order(7, 0, 100);
        assert_eq!(order, epoch_order(7, 0, 100));
        assert_ne!(order, epoch_order(7, 1, 100));
        assert_ne!(order, epoch_order(8, 0, 100));
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn an_epoch_is_worked_out_once() {
        let per_epoch = PerEpoch::default();
        assert_eq!(*per_epoch.get(3, || 'a'), 'a');
        assert_eq!(*per_epoch.get(3, || unreachable!()), 'a');
        assert_eq!(*per_epoch.get(4, || 'b'), 'b');
        assert_eq!(*per_epoch.get(3, || 'c'), 'c');
    }
}

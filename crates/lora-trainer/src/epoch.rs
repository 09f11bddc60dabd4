//! Order of an epoch, and values that are computed once per epoch.

use std::sync::{Arc, Mutex};

use persona_core::{lock::locked, random::derive_seed};
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Order of `count` things in epoch `epoch`: a permutation that depends on seed and epoch only.
pub fn epoch_order(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(derive_seed(
        seed,
        &format!("epoch {epoch}"),
    )));
    order
}

/// Value computed for the epoch that was last asked for. Steps go through epochs in order, so one value is enough.
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
    /// Returns the value for `epoch`; calls `make` unless the same epoch was asked for last.
    pub fn get(&self, epoch: usize, make: impl FnOnce() -> T) -> Arc<T> {
        let mut last = locked(&self.last);
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

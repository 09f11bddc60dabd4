//! Training examples, the order they are taken in, and micro-batches of them.

use persona_core::random::derive_seed;
use persona_model::Segments;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::packing::pack;

/// Token ids, and which of them are learned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The tokens.
    pub ids: Vec<u32>,
    /// `mask[i]`: the model learns to say `ids[i]`. The first token is never learned: nothing stands before it.
    pub mask: Vec<bool>,
}

impl Example {
    /// How many tokens are learned.
    pub fn targets(&self) -> usize {
        self.mask.iter().skip(1).filter(|&&learned| learned).count()
    }
}

/// Examples computed in one forward pass, one after the other without padding.
#[derive(Clone, Debug)]
pub struct MicroBatch {
    /// Tokens of all examples.
    pub ids: Vec<u32>,
    /// Which tokens see which.
    pub segments: Segments,
    /// Rows of the hidden states from which something is predicted.
    pub rows: Vec<u32>,
    /// The token to predict from each of these rows.
    pub targets: Vec<u32>,
}

impl MicroBatch {
    /// Puts `examples` one after the other.
    pub fn of<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Self {
        let mut batch = Self {
            ids: Vec::new(),
            segments: Segments::packed(&[]),
            rows: Vec::new(),
            targets: Vec::new(),
        };
        let mut lengths = Vec::new();
        for example in examples {
            let start = batch.ids.len();
            for (position, _) in learned(&example.mask) {
                batch.rows.push((start + position - 1) as u32);
                batch.targets.push(example.ids[position]);
            }
            batch.ids.extend_from_slice(&example.ids);
            lengths.push(example.ids.len());
        }
        batch.segments = Segments::packed(&lengths);
        batch
    }

    /// Packs all of `examples` into micro-batches of at most `budget` tokens.
    pub fn pack(examples: &[&Example], budget: usize) -> Vec<Self> {
        let lengths: Vec<usize> = examples.iter().map(|example| example.ids.len()).collect();
        pack(&lengths, budget)
            .into_iter()
            .map(|batch| Self::of(batch.into_iter().map(|index| examples[index])))
            .collect()
    }
}

fn learned(mask: &[bool]) -> impl Iterator<Item = (usize, &bool)> {
    mask.iter()
        .enumerate()
        .skip(1)
        .filter(|(_, learned)| **learned)
}

/// The order in which `count` things are taken in epoch `epoch`: a permutation that belongs to seed and epoch alone.
pub fn epoch_order(seed: u64, epoch: usize, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(derive_seed(
        seed,
        &format!("epoch {epoch}"),
    )));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(ids: &[u32], mask: &[bool]) -> Example {
        Example {
            ids: ids.to_vec(),
            mask: mask.to_vec(),
        }
    }

    #[test]
    fn rows_point_at_the_token_before_a_target() {
        let first = example(&[1, 2, 3], &[true, false, true]);
        let second = example(&[4, 5], &[false, true]);
        let batch = MicroBatch::of([&first, &second]);
        assert_eq!(batch.ids, [1, 2, 3, 4, 5]);
        assert_eq!(batch.rows, [1, 3]);
        assert_eq!(batch.targets, [3, 5]);
        assert_eq!(first.targets(), 1);
    }

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
}

//! Packing of examples into micro-batches, without padding.

use std::{cmp::Reverse, collections::BinaryHeap};

/// Packs examples of the given lengths into as few micro-batches of at most `budget` tokens as balanced filling allows.
///
/// The result holds positions, ascending within a micro-batch, and depends on nothing but the arguments. An example
/// longer than the budget gets a micro-batch of its own.
pub fn pack(lengths: &[usize], budget: usize) -> Vec<Vec<usize>> {
    if lengths.is_empty() {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&index| (Reverse(lengths[index]), index));
    let (long, short): (Vec<usize>, Vec<usize>) =
        lengths.iter().partition(|&&length| length > budget);
    let fewest = long.len() + short.iter().sum::<usize>().div_ceil(budget.max(1));
    (fewest..lengths.len())
        .find_map(|count| fill(lengths, &order, count, budget))
        .unwrap_or_else(|| order.iter().map(|&index| vec![index]).collect())
}

/// Puts the longest first, each into the emptiest of `count` micro-batches; `None` where one would exceed the budget.
fn fill(
    lengths: &[usize],
    order: &[usize],
    count: usize,
    budget: usize,
) -> Option<Vec<Vec<usize>>> {
    let mut batches = vec![Vec::new(); count];
    // The emptiest first, and of those the first.
    let mut by_tokens: BinaryHeap<Reverse<(usize, usize)>> =
        (0..count).map(|index| Reverse((0, index))).collect();
    for &index in order {
        let Reverse((tokens, batch)) = by_tokens.pop()?;
        if tokens > 0 && tokens + lengths[index] > budget {
            return None;
        }
        by_tokens.push(Reverse((tokens + lengths[index], batch)));
        batches[batch].push(index);
    }
    Some(
        batches
            .into_iter()
            .map(|mut batch: Vec<usize>| {
                batch.sort_unstable();
                batch
            })
            .filter(|batch| !batch.is_empty())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fills_evenly() {
        assert_eq!(pack(&[5, 3, 2, 6], 8), vec![vec![2, 3], vec![0, 1]]);
        assert_eq!(pack(&[], 8), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn long_example_stands_alone() {
        assert_eq!(pack(&[3, 20, 4], 8), vec![vec![1], vec![0, 2]]);
    }

    proptest! {
        #[test]
        fn every_example_once_and_within_the_budget(
            lengths in prop::collection::vec(1_usize..50, 1..60),
            budget in 1_usize..120,
        ) {
            let batches = pack(&lengths, budget);
            let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            for batch in batches {
                let sum: usize = batch.iter().map(|&index| lengths[index]).sum();
                prop_assert!(sum <= budget || batch.len() == 1);
            }
        }

        #[test]
        fn the_heap_finds_what_a_scan_for_the_emptiest_finds(
            lengths in prop::collection::vec(1_usize..50, 1..40),
            count in 1_usize..20,
            budget in 1_usize..200,
        ) {
            let order: Vec<usize> = (0..lengths.len()).collect();
            let mut batches = vec![(0, Vec::new()); count];
            let fits = order.iter().all(|&index| {
                let (tokens, batch) = batches.iter_mut().min_by_key(|(tokens, _)| *tokens).unwrap();
                let fits = *tokens == 0 || *tokens + lengths[index] <= budget;
                *tokens += lengths[index];
                batch.push(index);
                fits
            });
            let scanned = batches.into_iter().map(|(_, batch)| batch).filter(|batch| !batch.is_empty());
            let expected = fits.then(|| scanned.collect::<Vec<_>>());
            prop_assert_eq!(fill(&lengths, &order, count, budget), expected);
        }
    }
}

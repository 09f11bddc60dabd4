//! Resampling: halves of the test replies, bootstrap resamples, and the intervals they give.

use persona_core::random::derive_seed;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Two disjoint random halves of `0..n`, of `n / 2` positions each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halves {
    /// Half that stands for the people.
    pub first: Vec<usize>,
    /// Half that is compared with the people.
    pub second: Vec<usize>,
}

/// Draws `repeats` seeded halvings of `0..n`.
pub fn halves(n: usize, repeats: usize, seed: u64) -> Vec<Halves> {
    let half = n / 2;
    (0..repeats)
        .map(|repeat| {
            let mut random = stream(seed, &format!("halves {repeat}"));
            let mut order: Vec<usize> = (0..n).collect();
            order.shuffle(&mut random);
            Halves {
                first: order[..half].to_vec(),
                second: order[half..2 * half].to_vec(),
            }
        })
        .collect()
}

/// 95 % interval of `figure` under resampling of `0..n` with replacement.
pub fn bootstrap(
    n: usize,
    repeats: usize,
    seed: u64,
    mut figure: impl FnMut(&[usize]) -> f64,
) -> (f64, f64) {
    let mut random = stream(seed, "bootstrap");
    let mut chosen = vec![0; n];
    let mut figures: Vec<f64> = (0..repeats)
        .map(|_| {
            chosen.fill_with(|| random.random_range(0..n));
            figure(&chosen)
        })
        .collect();
    interval(&mut figures)
}

/// Middle 95 % of `figures`.
///
/// # Panics
/// When `figures` is empty.
pub fn interval(figures: &mut [f64]) -> (f64, f64) {
    figures.sort_by(f64::total_cmp);
    (quantile(figures, 0.025), quantile(figures, 0.975))
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (position - below as f64)
}

/// Wilson's 95 % interval of a share: unlike a bootstrap it is not empty at 0 of n.
pub fn wilson(hits: usize, n: usize) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    if n == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (n as f64, hits as f64 / n as f64);
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (
        ((centre - spread) / scale).max(0.0),
        ((centre + spread) / scale).min(1.0),
    )
}

/// Random stream called `label`.
pub(crate) fn stream(seed: u64, label: &str) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(derive_seed(seed, label))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_interval_of_a_mean_holds_the_mean_and_narrows() {
        let width = |n: usize| {
            let (low, high) = bootstrap(n, 500, 1, |chosen| {
                chosen.iter().map(|i| (i % 10) as f64).sum::<f64>() / n as f64
            });
            assert!(low < 4.5 && high > 4.5, "{low} {high}");
            high - low
        };
        assert!(width(1000) < width(50));
    }

    #[test]
    fn wilson_knows_that_none_seen_is_not_none() {
        let (low, high) = wilson(0, 100);
        assert!(low.abs() < 1e-12 && high > 0.02 && high < 0.05, "{high}");
        let (low, high) = wilson(50, 100);
        assert!((low - 0.4038).abs() < 1e-3 && (high - 0.5962).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn halves_are_disjoint_and_equal(n in 0_usize..60, seed: u64) {
            for Halves { first, second } in halves(n, 3, seed) {
                prop_assert_eq!(first.len(), n / 2);
                prop_assert_eq!(second.len(), n / 2);
                let mut all: Vec<usize> = first.into_iter().chain(second).collect();
                all.sort_unstable();
                all.dedup();
                prop_assert_eq!(all.len(), n / 2 * 2);
                prop_assert!(all.iter().all(|position| *position < n));
            }
        }
    }
}

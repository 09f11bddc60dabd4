//! Histogram of latencies in buckets, so that days and processes can be added.

use std::collections::BTreeMap;

/// Upper bound of the first bucket, in milliseconds.
const FIRST_MS: f64 = 20.0;
/// Ratio of two neighbouring bucket widths: a quantile is right within a tenth.
const FACTOR: f64 = 1.189_207_115_002_721;
/// Number of buckets. The last has no upper bound; it begins at about eleven minutes.
pub(super) const BUCKETS: usize = 60;

/// Index of the bucket that a latency of `ms` milliseconds falls into.
pub(super) fn bucket(ms: f64) -> usize {
    let buckets = (ms.max(FIRST_MS) / FIRST_MS).log(FACTOR).ceil();
    (buckets as usize).min(BUCKETS - 1)
}

/// Latency, in milliseconds, below which a `share` of the counted ones is; `None` without counts.
pub(super) fn quantile(counts: &BTreeMap<usize, f64>, share: f64) -> Option<f64> {
    let total: f64 = counts.values().sum();
    if total <= 0.0 {
        return None;
    }
    let mut left = share * total;
    for (bucket, count) in counts {
        if left <= *count {
            let lower = if *bucket == 0 { 0.0 } else { bound(bucket - 1) };
            let within = (left / count).clamp(0.0, 1.0);
            return Some(lower + (bound(*bucket) - lower) * within);
        }
        left -= count;
    }
    counts.keys().next_back().map(|bucket| bound(*bucket))
}

fn bound(bucket: usize) -> f64 {
    FIRST_MS * FACTOR.powi(bucket as i32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(quantile(&BTreeMap::new(), 0.5), None);
    }

    proptest! {
        #[test]
        fn quantiles_are_right_within_a_fifth(mut values in prop::collection::vec(25.0..500_000.0_f64, 1..300), share in 0.01..1.0_f64) {
            let mut counts = BTreeMap::new();
            for value in &values {
                *counts.entry(bucket(*value)).or_insert(0.0) += 1.0;
            }
            values.sort_by(f64::total_cmp);
            let exact = values[((share * values.len() as f64).ceil() as usize - 1).min(values.len() - 1)];
            let found = quantile(&counts, share).unwrap();
            prop_assert!((found / exact - 1.0).abs() <= 0.2, "{found} for {exact}");
        }
    }
}

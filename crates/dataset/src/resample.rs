//! Systematic resampling: weights become whole numbers of copies whose sum is exact.

use crate::balance::fill;

/// Units of 2⁻³² in one copy. Shares are counted in such units, so that sums are exact.
const ONE: u64 = 1 << 32;

/// Copies of each item, with the sum `quota`.
///
/// Each item gets the whole number below or above `min(max_copies, λ·weight)`. `offset`, any number, decides which: it
/// shifts a comb with one tooth per copy over the items laid side by side, and an item gets a copy for each tooth over
/// it.
pub(crate) fn copies(weights: &[f64], quota: u64, max_copies: u32, offset: u32) -> Vec<u32> {
    let bounds = vec![f64::from(max_copies); weights.len()];
    let expected = fill(weights, &bounds, quota as f64);
    let mut end = u64::from(offset);
    exact(&expected, quota, u64::from(max_copies) * ONE)
        .into_iter()
        .map(|length| {
            let start = end;
            end += length;
            (end / ONE - start / ONE) as u32
        })
        .collect()
}

/// `expected` in units of 1/[`ONE`], each at most `bound`, summing to exactly `quota` where the bounds allow.
fn exact(expected: &[f64], quota: u64, bound: u64) -> Vec<u64> {
    let mut lengths: Vec<u64> = expected
        .iter()
        .map(|&expected| ((expected * ONE as f64) as u64).min(bound))
        .collect();
    let wanted = quota * ONE;
    let sum: u64 = lengths.iter().sum();
    let mut missing = wanted.saturating_sub(sum);
    let mut surplus = sum.saturating_sub(wanted);
    for length in &mut lengths {
        let more = missing.min(bound - *length);
        let less = surplus.min(*length);
        *length = *length + more - less;
        missing -= more;
        surplus -= less;
    }
    lengths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn equal_weights_are_spread_evenly() {
        assert_eq!(copies(&[1.0; 4], 8, 4, 0), [2; 4]);
        assert_eq!(copies(&[1.0; 4], 2, 4, 0), [0, 1, 0, 1]);
        assert_eq!(copies(&[1.0; 4], 2, 4, u32::MAX), [1, 0, 1, 0]);
        assert_eq!(copies(&[1.0; 2], 9, 4, 7), [4, 4]);
        assert!(copies(&[], 0, 4, 7).is_empty());
    }

    proptest! {
        #[test]
        fn sums_and_bounds_hold(
            reactions in prop::collection::vec(0..6_u32, 1..200),
            share in 0.0..1.0_f64,
            offset in any::<u32>(),
        ) {
            let weights: Vec<f64> = reactions.iter().map(|&count| 1.0 + 0.1 * f64::from(count)).collect();
            let quota = (share * 4.0 * weights.len() as f64).round() as u64;
            let copies = copies(&weights, quota, 4, offset);
            prop_assert_eq!(copies.iter().map(|&count| u64::from(count)).sum::<u64>(), quota);
            prop_assert!(copies.iter().all(|&count| count <= 4));
            let expected = fill(&weights, &vec![4.0; weights.len()], quota as f64);
            for (count, expected) in copies.iter().zip(expected) {
                prop_assert!((f64::from(*count) - expected).abs() < 1.0 + 1e-6);
            }
        }

        /// Over all offsets of the comb, the copies of an item are proportional to its weight.
        #[test]
        fn no_item_is_favoured(reactions in prop::collection::vec(0..6_u32, 1..20)) {
            let weights: Vec<f64> = reactions.iter().map(|&count| 1.0 + 0.1 * f64::from(count)).collect();
            let quota = weights.len() as u64;
            let expected = fill(&weights, &vec![4.0; weights.len()], quota as f64);
            let mut taken = vec![0.0; weights.len()];
            let places = 512;
            for place in 0..places {
                for (sum, count) in taken.iter_mut().zip(copies(&weights, quota, 4, place * (u32::MAX / places))) {
                    *sum += f64::from(count) / f64::from(places);
                }
            }
            for (taken, expected) in taken.iter().zip(expected) {
                prop_assert!((taken - expected).abs() < 0.02, "{taken} for {expected}");
            }
        }
    }
}

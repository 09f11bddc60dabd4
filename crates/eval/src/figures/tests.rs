//! Statistics of small samples by hand, and their properties.

use proptest::prelude::*;

use super::*;

fn counts(keys: &[u8]) -> BTreeMap<u8, u64> {
    keys.iter().fold(BTreeMap::new(), |mut counts, key| {
        *counts.entry(*key).or_default() += 1;
        counts
    })
}

#[test]
fn disjoint_samples_are_as_far_apart_as_can_be() {
    assert!((kolmogorov_smirnov(&[1.0, 2.0], &[5.0, 6.0, 7.0]) - 1.0).abs() < 1e-12);
    assert!((jensen_shannon(&counts(&[1, 2]), &counts(&[3, 3])) - 1.0).abs() < 1e-12);
    assert!(jaccard(&BTreeSet::from([1, 2]), &BTreeSet::from([3])).abs() < 1e-12);
    assert!(cosine(&[1.0, 0.0], &[0.0, 2.0]).abs() < 1e-12);
}

#[test]
fn the_gap_is_taken_after_equal_values() {
    // Cumulative: first 1/2, 1; second 0, 1/3, 1 at 1, 2, 3.
    let gap = kolmogorov_smirnov(&[1.0, 2.0], &[2.0, 3.0, 3.0]);
    assert!((gap - 2.0 / 3.0).abs() < 1e-12, "{gap}");
}

#[test]
fn the_mean_of_vectors_is_taken_per_element() {
    let vectors = [[1.0_f32, 3.0], [3.0, 5.0]];
    assert_eq!(
        mean_vector(vectors.iter().map(<[f32; 2]>::as_slice)),
        [2.0, 4.0]
    );
    assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 1.0));
}

proptest! {
    #[test]
    fn ks_is_a_distance(
        a in prop::collection::vec(-50_i32..50, 1..40),
        b in prop::collection::vec(-50_i32..50, 1..40),
    ) {
        let a: Vec<f64> = a.into_iter().map(f64::from).collect();
        let b: Vec<f64> = b.into_iter().map(f64::from).collect();
        let forth = kolmogorov_smirnov(&a, &b);
        prop_assert!((0.0..=1.0).contains(&forth));
        prop_assert!((forth - kolmogorov_smirnov(&b, &a)).abs() < 1e-12);
        prop_assert!(kolmogorov_smirnov(&a, &a).abs() < 1e-12);
    }

    #[test]
    fn ks_sees_only_the_order(
        a in prop::collection::vec(-50_i32..50, 1..40),
        b in prop::collection::vec(-50_i32..50, 1..40),
    ) {
        let plain = |values: &[i32]| values.iter().map(|v| f64::from(*v)).collect::<Vec<_>>();
        let bent = |values: &[i32]| values.iter().map(|v| f64::from(*v).exp()).collect::<Vec<_>>();
        let difference = kolmogorov_smirnov(&plain(&a), &plain(&b))
            - kolmogorov_smirnov(&bent(&a), &bent(&b));
        prop_assert!(difference.abs() < 1e-12);
    }

    #[test]
    fn divergence_is_bounded_and_symmetric(
        a in prop::collection::vec(0_u8..20, 1..60),
        b in prop::collection::vec(0_u8..20, 1..60),
    ) {
        let (a, b) = (counts(&a), counts(&b));
        let forth = jensen_shannon(&a, &b);
        prop_assert!((0.0..=1.0).contains(&forth));
        prop_assert!((forth - jensen_shannon(&b, &a)).abs() < 1e-9);
        prop_assert!(jensen_shannon(&a, &a) < 1e-9);
    }

    #[test]
    fn jaccard_is_bounded_and_symmetric(
        a in prop::collection::btree_set(0_u8..30, 0..20),
        b in prop::collection::btree_set(0_u8..30, 0..20),
    ) {
        let forth = jaccard(&a, &b);
        prop_assert!((0.0..=1.0).contains(&forth));
        prop_assert!((forth - jaccard(&b, &a)).abs() < 1e-12);
        prop_assert!((jaccard(&a, &a) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn cosine_ignores_length(a in prop::collection::vec(0.1_f64..5.0, 3), scale in 0.1_f64..9.0) {
        let scaled: Vec<f64> = a.iter().map(|value| value * scale).collect();
        prop_assert!((cosine(&a, &scaled) - 1.0).abs() < 1e-9);
    }
}

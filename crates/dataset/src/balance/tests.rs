use proptest::prelude::*;

use super::*;

fn shares(plan: &EpochPlan) -> Vec<f64> {
    plan.quotas
        .iter()
        .map(|&quota| quota as f64 / plan.epoch as f64)
        .collect()
}

#[test]
fn target_shares_follow_the_three_pieces() {
    let config = Balance::default();
    for (share, expected) in [
        (0.01, 0.01),
        (0.05, 0.05),
        (0.15, 0.10),
        (0.20, 0.125),
        (0.21, 0.12),
        (0.9, 0.12),
    ] {
        assert!(
            (target_share(share, &config) - expected).abs() < 1e-12,
            "{share}"
        );
    }
}

#[test]
fn filling_solves_for_lambda() {
    // λ = 2: 12 is held at 3, the others get 2 and 4.
    assert_eq!(
        fill(&[1.0, 2.0, 12.0], &[9.0, 9.0, 3.0], 9.0),
        [2.0, 4.0, 3.0]
    );
    assert_eq!(fill(&[1.0, 1.0], &[1.0, 2.0], 9.0), [1.0, 2.0]);
    assert!(fill(&[], &[], 0.0).is_empty());
}

/// Ten friends, the loudest with 30 %. Wanted are 12, 12.5, 10, 7.5, 6.5, 5.5, 5, 3, 2 and 1 %. With six of them at the cap
/// λ is 28 / 11, which puts the seventh above it too; 16 % are left for 3 : 2 : 1.
#[test]
fn ten_friends_by_hand() {
    let targets = [300, 200, 150, 100, 80, 60, 50, 30, 20, 10];
    let plan = plan(&targets, &Balance::default());
    assert!(plan.cap_holds);
    assert_eq!(plan.epoch, 1_000);
    assert_eq!(plan.quotas, [120, 120, 120, 120, 120, 120, 120, 80, 53, 27]);
    assert_eq!(plan.bounds[6..8], [Some(Bound::Cap), None]);
}

#[test]
fn with_fewer_than_nine_authors_everybody_gets_the_same() {
    let plan = plan(&[700, 200, 100], &Balance::default());
    assert!(!plan.cap_holds);
    assert!((plan.cap - 1.0 / 3.0).abs() < 1e-9);
    assert_eq!(plan.quotas, [334, 333, 333]);
    let one = super::plan(&[7], &Balance::default());
    assert_eq!((one.cap, one.epoch, one.quotas), (1.0, 7, vec![7]));
}

#[test]
fn a_small_author_cannot_fill_a_share() {
    let plan = plan(&[500, 480, 1], &Balance::default());
    assert_eq!(plan.quotas, [489, 488, 4]);
    assert_eq!(plan.bounds[2], Some(Bound::MaxCopies));
    assert!(plan.cap > 0.49 && plan.cap < 0.5);
}

#[test]
fn the_epoch_shrinks_before_the_cap_rises() {
    // One author wrote 90 %; the others have 400 messages, which are 88 % of 454.
    let mut targets = vec![900];
    targets.extend([10; 10]);
    let plan = plan(&targets, &Balance::default());
    assert!(plan.cap_holds);
    assert!((450..=454).contains(&plan.epoch), "{}", plan.epoch);
    assert!(shares(&plan)[0] <= 0.12);
    // Nine authors of whom one wrote once would leave almost no epoch: the cap rises a little instead.
    let mut targets = vec![250; 8];
    targets.push(1);
    let plan = super::plan(&targets, &Balance::default());
    assert!(!plan.cap_holds);
    assert_eq!(plan.epoch, 2_001);
    assert!(plan.cap < 0.125);
}

#[test]
fn nobody_is_above_the_cap_in_tiny_sets() {
    for authors in 9..40 {
        for each in 1..12 {
            let plan = plan(&vec![each; authors], &Balance::default());
            assert!(plan.cap_holds, "{authors} authors with {each}");
            assert!(
                shares(&plan).iter().all(|&share| share <= 0.12),
                "{authors} authors with {each}"
            );
        }
    }
}

proptest! {
    #[test]
    fn shares_hold(targets in prop::collection::vec(1..400_u64, 1..40), loud in 0..5_000_u64) {
        let mut targets = targets;
        targets[0] += loud;
        let config = Balance::default();
        let total: u64 = targets.iter().sum();
        let plan = plan(&targets, &config);
        prop_assert_eq!(plan.quotas.iter().sum::<u64>(), plan.epoch);
        prop_assert!(plan.epoch <= total);
        prop_assert!(plan.epoch as f64 >= total as f64 * config.epoch_share_min);
        for (quota, count) in plan.quotas.iter().zip(&targets) {
            prop_assert!(*quota <= count * 4);
            let slack = if plan.cap_holds { 0.0 } else { 1.0 };
            prop_assert!(*quota as f64 <= plan.cap * plan.epoch as f64 + slack + 1e-9);
        }
        prop_assert!(plan.cap_holds == ((plan.cap - config.cap).abs() < 1e-12));
        prop_assert!(targets.len() >= 9 || !plan.cap_holds);
    }

    #[test]
    fn the_order_of_authors_does_not_matter(mut targets in prop::collection::vec(1..400_u64, 2..30)) {
        let config = Balance::default();
        let forward = plan(&targets, &config);
        targets.reverse();
        let mut backward = plan(&targets, &config);
        backward.quotas.reverse();
        prop_assert_eq!(forward.epoch, backward.epoch);
        for (a, b) in forward.quotas.iter().zip(&backward.quotas) {
            // Ties go to the earlier author.
            prop_assert!(a.abs_diff(*b) <= 1);
        }
    }

    #[test]
    fn filling_keeps_proportions(weights in prop::collection::vec(0.001..1.0_f64, 1..30), cap in 0.05..1.0_f64) {
        let bounds = vec![cap; weights.len()];
        let shares = fill(&weights, &bounds, 1.0);
        let sum: f64 = shares.iter().sum();
        prop_assert!((sum - (cap * weights.len() as f64).min(1.0)).abs() < 1e-9);
        let free: Vec<f64> = shares.iter().zip(&weights).filter(|(share, _)| **share < cap).map(|(share, weight)| share / weight).collect();
        for lambda in &free {
            prop_assert!((lambda - free[0]).abs() < 1e-9 * free[0]);
        }
        for (share, weight) in shares.iter().zip(&weights) {
            prop_assert!(*share <= cap);
            // Authors at the bound would get more without it.
            prop_assert!(*share < cap || free.first().is_none_or(|lambda| lambda * weight >= cap - 1e-9));
        }
    }
}

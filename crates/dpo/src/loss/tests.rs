//! Losses of pairs by hand, and their slopes by central differences.

use super::*;

const KINDS: [LossKind; 5] = [
    LossKind::Sigmoid,
    LossKind::Conservative,
    LossKind::Robust,
    LossKind::Hinge,
    LossKind::Ipo,
];

/// Loss of one pair with log-ratios `chosen` and `rejected` over 4 and 5 tokens.
fn of(kind: LossKind, beta: f64, label_smoothing: f64, chosen: f64, rejected: f64) -> PairLoss {
    let ratios = PairRatios {
        chosen,
        rejected,
        chosen_tokens: 4,
        rejected_tokens: 5,
    };
    let loss = PreferenceLoss {
        kind,
        beta,
        label_smoothing,
    };
    loss.of(&ratios)
}

fn loss(kind: LossKind, beta: f64, label_smoothing: f64, chosen: f64, rejected: f64) -> f64 {
    of(kind, beta, label_smoothing, chosen, rejected).value
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
}

/// β·d = 0.1·(2 − (−1)) = 0.3; −log σ(0.3) = log(1 + e^−0.3) = 0.55435524…
#[test]
fn by_hand() {
    let (plain, turned) = ((-0.3_f64).exp().ln_1p(), 0.3_f64.exp().ln_1p());
    close(loss(LossKind::Sigmoid, 0.1, 0.0, 2.0, -1.0), plain);
    close(
        loss(LossKind::Conservative, 0.1, 0.2, 2.0, -1.0),
        0.8 * plain + 0.2 * turned,
    );
    close(
        loss(LossKind::Robust, 0.1, 0.2, 2.0, -1.0),
        (0.8 * plain - 0.2 * turned) / 0.6,
    );
    close(loss(LossKind::Hinge, 0.1, 0.0, 2.0, -1.0), 0.7);
    close(loss(LossKind::Hinge, 0.1, 0.0, 20.0, -1.0), 0.0);
    close(
        loss(LossKind::Ipo, 0.1, 0.0, 2.0, -1.0),
        (0.5 + 0.2 - 5.0_f64).powi(2),
    );
}

#[test]
fn untrained_policy_has_loss_log_2_and_half_the_slope_of_a_lost_pair() {
    let found = of(LossKind::Sigmoid, 0.1, 0.0, 0.0, 0.0);
    close(found.value, std::f64::consts::LN_2);
    close(found.chosen_slope, -0.05);
    close(found.rejected_slope, 0.05);
}

#[test]
fn extreme_margins_stay_finite() {
    close(loss(LossKind::Sigmoid, 1.0, 0.0, 1000.0, -1000.0), 0.0);
    close(loss(LossKind::Sigmoid, 1.0, 0.0, -1000.0, 1000.0), 2000.0);
}

/// d/dx −log σ(x) = σ(x) − 1.
#[test]
fn slope_of_the_sigmoid_loss() {
    for x in [-3.0, -0.2, 0.0, 0.7, 4.0_f64] {
        let found = of(LossKind::Sigmoid, 1.0, 0.0, x, 0.0).chosen_slope;
        close(found, 1.0 / (1.0 + (-x).exp()) - 1.0);
    }
}

#[test]
fn slopes_are_central_differences() {
    let step = 1e-5;
    for kind in KINDS {
        for (chosen, rejected) in [(2.0, -1.0), (-3.0, 4.0), (0.0, 0.0), (30.0, -20.0)] {
            let at = |chosen, rejected| loss(kind, 0.1, 0.2, chosen, rejected);
            let found = of(kind, 0.1, 0.2, chosen, rejected);
            let measured = [
                at(chosen + step, rejected) - at(chosen - step, rejected),
                at(chosen, rejected + step) - at(chosen, rejected - step),
            ]
            .map(|difference| difference / (2.0 * step));
            for (slope, measured) in [found.chosen_slope, found.rejected_slope]
                .into_iter()
                .zip(measured)
            {
                let off = (slope - measured).abs();
                assert!(
                    off < 1e-7,
                    "{kind:?} at {chosen}, {rejected}: {slope} is {measured}"
                );
            }
        }
    }
}

//! Logistic function without overflow on either side.

/// Logistic function `σ(x) = 1 / (1 + e^−x)`.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        x.exp() / (1.0 + x.exp())
    }
}

/// Loss `−log σ(x)`; its slope is `−σ(−x)`.
pub(crate) fn neg_log_sigmoid(x: f64) -> f64 {
    (-x).max(0.0) + (-x.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_values_stay_finite_and_keep_their_digits() {
        assert!((neg_log_sigmoid(-1000.0) - 1000.0).abs() < 1e-9);
        assert!((neg_log_sigmoid(40.0) - (-40.0_f64).exp()).abs() < 1e-30);
        assert!((sigmoid(-40.0) - (-40.0_f64).exp()).abs() < 1e-30);
        assert!((sigmoid(-1000.0) + (sigmoid(1000.0) - 1.0)).abs() < 1e-12);
        assert!((sigmoid(0.3) + sigmoid(-0.3) - 1.0).abs() < 1e-15);
    }
}

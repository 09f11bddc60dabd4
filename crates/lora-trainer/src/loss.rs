//! Losses as pure functions of log-probabilities: what a recipe returns to the training engine.

/// Loss of one micro-batch: its share in the loss of the training window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loss {
    /// Share in the loss: the shares of all micro-batches sum to the loss of the training window.
    pub value: f64,
    /// d loss / d log-probability, one value per target of the batch.
    pub gradient: Vec<f32>,
    /// Figures of the recipe, summed over the training window.
    pub figures: Vec<f64>,
}

/// Negative log-likelihood of targets, in nats, summed in f64 so that it does not depend on the width of a CPU's
/// vectors.
pub fn negative_log_likelihood(log_probs: &[f32]) -> f64 {
    -log_probs.iter().copied().map(f64::from).sum::<f64>()
}

/// Share of a micro-batch in the mean negative log-likelihood over the `weight` targets of its training window.
pub fn mean_negative_log_likelihood(log_probs: &[f32], weight: usize) -> Loss {
    let share = 1.0 / weight as f64;
    Loss {
        value: negative_log_likelihood(log_probs) * share,
        gradient: vec![-share as f32; log_probs.len()],
        figures: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let loss = mean_negative_log_likelihood(&[-1.0, -2.5], 7);
        assert!((loss.value - 0.5).abs() < 1e-12);
        assert_eq!(loss.gradient, [-1.0_f32 / 7.0; 2]);
        assert!(loss.figures.is_empty());
    }

    #[test]
    fn gradient_is_the_central_difference() {
        let log_probs = [-0.5_f32, -3.0, -8.0];
        let loss = mean_negative_log_likelihood(&log_probs, 5);
        for (index, slope) in loss.gradient.iter().enumerate() {
            let at = |offset: f32| {
                let mut moved = log_probs;
                moved[index] += offset;
                mean_negative_log_likelihood(&moved, 5).value
            };
            let measured = (at(0.125) - at(-0.125)) / 0.25;
            assert!((measured - f64::from(*slope)).abs() < 1e-6);
        }
    }
}

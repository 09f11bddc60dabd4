//! Logistic regression on sparse rows, fitted by accelerated gradient descent.

/// Non-zero features of a row: index and value.
pub(crate) type Row = Vec<(usize, f64)>;

/// Weight of the squared norm, relative to the mean loss.
const RIDGE: f64 = 1e-3;
const STEPS: usize = 150;

/// A fitted classifier.
pub(crate) struct Logistic {
    weights: Vec<f64>,
    bias: f64,
}

impl Logistic {
    /// Fits the classifier to rows whose feature indices are all below `feature_count`.
    ///
    /// The step is one over the largest curvature that the loss can have, so that it cannot diverge.
    pub(crate) fn fit(rows: &[Row], labels: &[bool], feature_count: usize) -> Self {
        let largest = rows
            .iter()
            .map(|row| 1.0 + row.iter().map(|(_, value)| value * value).sum::<f64>())
            .fold(1.0, f64::max);
        let step = 1.0 / (0.25 * largest + RIDGE);
        let mut current = Self {
            weights: vec![0.0; feature_count],
            bias: 0.0,
        };
        let mut ahead = Self {
            weights: vec![0.0; feature_count],
            bias: 0.0,
        };
        for iteration in 0..STEPS {
            let (gradient, bias_gradient) = ahead.gradient(rows, labels);
            let momentum = iteration as f64 / (iteration as f64 + 3.0);
            for (index, slope) in gradient.iter().enumerate() {
                let next = ahead.weights[index] - step * slope;
                let pushed = next + momentum * (next - current.weights[index]);
                current.weights[index] = next;
                ahead.weights[index] = pushed;
            }
            let next = ahead.bias - step * bias_gradient;
            ahead.bias = next + momentum * (next - current.bias);
            current.bias = next;
        }
        current
    }

    /// Probability of label `true`.
    pub(crate) fn probability(&self, row: &Row) -> f64 {
        let score: f64 = row
            .iter()
            .map(|(index, value)| self.weights[*index] * value)
            .sum();
        1.0 / (1.0 + (-(score + self.bias)).exp())
    }

    fn gradient(&self, rows: &[Row], labels: &[bool]) -> (Vec<f64>, f64) {
        let mut gradient: Vec<f64> = self.weights.iter().map(|weight| RIDGE * weight).collect();
        let mut bias = 0.0;
        for (row, label) in rows.iter().zip(labels) {
            let error = (self.probability(row) - f64::from(*label)) / rows.len() as f64;
            for (index, value) in row {
                gradient[*index] += error * value;
            }
            bias += error;
        }
        (gradient, bias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_vanishes_at_the_fit() {
        let rows: Vec<Row> = (0..40)
            .map(|i| vec![(0, f64::from(i % 7) - 3.0), (1 + i as usize % 3, 1.0)])
            .collect();
        let labels: Vec<bool> = (0..40).map(|i| (i % 7 + i % 3) > 4).collect();
        let fitted = Logistic::fit(&rows, &labels, 4);
        let (gradient, bias) = fitted.gradient(&rows, &labels);
        let (start, _) = Logistic {
            weights: vec![0.0; 4],
            bias: 0.0,
        }
        .gradient(&rows, &labels);
        let norm = |g: &[f64]| g.iter().map(|v| v * v).sum::<f64>().sqrt();
        assert!(norm(&gradient) < 0.05 * norm(&start), "{gradient:?}");
        assert!(bias.abs() < 0.05);
    }
}

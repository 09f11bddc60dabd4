//! Preference losses: pure functions of log-probabilities.

use candle_core::{Result, Tensor};
use serde::{Deserialize, Serialize};

/// Which loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LossKind {
    /// The logistic loss of DPO (Rafailov et al. 2023).
    #[default]
    Sigmoid,
    /// The same for labels of which a share `label_smoothing` is wrong (`cDPO`, Mitchell 2023).
    Conservative,
    /// An unbiased estimate for such labels (Chowdhury et al. 2024).
    Robust,
    /// A hinge at a margin of 1 (`SLiC`, Zhao et al. 2023).
    Hinge,
    /// The squared distance of the per-token log-ratio to `1 / 2β` (Azar et al. 2023).
    Ipo,
}

/// A loss with its constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PreferenceLoss {
    /// Which one.
    pub kind: LossKind,
    /// How far the policy is held to the reference: smaller is looser.
    pub beta: f64,
    /// Share of labels taken to be wrong, where the loss knows of it.
    pub label_smoothing: f64,
}

/// Log-probabilities of both sides of some pairs; each tensor is (pairs).
#[derive(Clone, Debug)]
pub struct PairLogProbs {
    /// Log-ratio of policy to reference of the chosen side: summed over its tokens.
    pub chosen: Tensor,
    /// The same of the rejected side.
    pub rejected: Tensor,
    /// Tokens of the chosen side, as floats.
    pub chosen_tokens: Tensor,
    /// Tokens of the rejected side, as floats.
    pub rejected_tokens: Tensor,
}

impl PreferenceLoss {
    /// The loss of every pair: (pairs).
    pub fn of(&self, ratios: &PairLogProbs) -> Result<Tensor> {
        let margin = (&ratios.chosen - &ratios.rejected)?;
        let scaled = (margin * self.beta)?;
        let wrong = self.label_smoothing;
        match self.kind {
            LossKind::Sigmoid => neg_log_sigmoid(&scaled),
            LossKind::Conservative => {
                (neg_log_sigmoid(&scaled)? * (1.0 - wrong))?
                    + (neg_log_sigmoid(&scaled.neg()?)? * wrong)?
            }
            LossKind::Robust => {
                let right = (neg_log_sigmoid(&scaled)? * (1.0 - wrong))?;
                (right - (neg_log_sigmoid(&scaled.neg()?)? * wrong)?)? / (1.0 - 2.0 * wrong)
            }
            LossKind::Hinge => scaled.affine(-1.0, 1.0)?.relu(),
            LossKind::Ipo => {
                let chosen = (&ratios.chosen / &ratios.chosen_tokens)?;
                let rejected = (&ratios.rejected / &ratios.rejected_tokens)?;
                ((chosen - rejected)? - 1.0 / (2.0 * self.beta))?.sqr()
            }
        }
    }
}

/// `-log σ(x)`, without overflow on either side.
fn neg_log_sigmoid(x: &Tensor) -> Result<Tensor> {
    x.neg()?.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Var};

    use super::*;

    /// The loss of one pair with log-ratios `chosen` and `rejected` over 4 and 5 tokens.
    fn loss(kind: LossKind, beta: f64, label_smoothing: f64, chosen: f64, rejected: f64) -> f64 {
        let tensor = |value: f64| Tensor::new(&[value], &Device::Cpu).unwrap();
        let ratios = PairLogProbs {
            chosen: tensor(chosen),
            rejected: tensor(rejected),
            chosen_tokens: tensor(4.0),
            rejected_tokens: tensor(5.0),
        };
        let loss = PreferenceLoss {
            kind,
            beta,
            label_smoothing,
        };
        loss.of(&ratios).unwrap().to_vec1::<f64>().unwrap()[0]
    }

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
    fn untrained_policy_has_loss_log_2() {
        close(
            loss(LossKind::Sigmoid, 0.1, 0.0, 0.0, 0.0),
            std::f64::consts::LN_2,
        );
    }

    #[test]
    fn extreme_margins_stay_finite() {
        close(loss(LossKind::Sigmoid, 1.0, 0.0, 1000.0, -1000.0), 0.0);
        close(loss(LossKind::Sigmoid, 1.0, 0.0, -1000.0, 1000.0), 2000.0);
    }

    /// d/dx −log σ(x) = σ(x) − 1.
    #[test]
    fn gradient_of_the_sigmoid_loss() {
        for x in [-3.0, -0.2, 0.7, 4.0_f64] {
            let variable = Var::new(&[x], &Device::Cpu).unwrap();
            let loss = neg_log_sigmoid(&variable).unwrap().sum_all().unwrap();
            let gradients = loss.backward().unwrap();
            let found = gradients.get(&variable).unwrap().to_vec1::<f64>().unwrap()[0];
            close(found, 1.0 / (1.0 + (-x).exp()) - 1.0);
        }
    }
}

//! Losses of preference pairs: pure functions of the log-probabilities of both answers, with their slopes.

use serde::{Deserialize, Serialize};

use crate::logistic::{neg_log_sigmoid, sigmoid};

/// Loss function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LossKind {
    /// Logistic loss of DPO (Rafailov et al. 2023).
    #[default]
    Sigmoid,
    /// Sigmoid loss for labels of which a share `label_smoothing` is wrong (`cDPO`, Mitchell 2023).
    Conservative,
    /// Unbiased estimate of the sigmoid loss for labels of which a share `label_smoothing` is wrong (Chowdhury et al.
    /// 2024).
    Robust,
    /// Hinge loss with a margin of 1 (`SLiC`, Zhao et al. 2023).
    Hinge,
    /// Squared distance of the per-token log-ratio from `1 / 2β` (Azar et al. 2023).
    Ipo,
}

/// A loss function with its constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PreferenceLoss {
    /// Loss function.
    pub kind: LossKind,
    /// Strength β with which the policy is held to the reference; smaller is looser.
    pub beta: f64,
    /// Share of labels taken to be wrong, for losses that use it.
    pub label_smoothing: f64,
}

/// Log-ratios of policy to reference of a pair's answers, each summed over its tokens, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairRatios {
    /// Log-ratio of the chosen answer.
    pub chosen: f64,
    /// Log-ratio of the rejected answer.
    pub rejected: f64,
    /// Number of tokens in the chosen answer.
    pub chosen_tokens: usize,
    /// Number of tokens in the rejected answer.
    pub rejected_tokens: usize,
}

/// Loss of a pair, and its slopes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairLoss {
    /// Loss of the pair.
    pub value: f64,
    /// d loss / d log-ratio of the chosen answer, the same for the log-probability of each of its tokens.
    pub chosen_slope: f64,
    /// d loss / d log-ratio of the rejected answer.
    pub rejected_slope: f64,
}

impl PreferenceLoss {
    /// Computes the loss of a pair.
    pub fn of(&self, ratios: &PairRatios) -> PairLoss {
        if self.kind == LossKind::Ipo {
            return self.ipo(ratios);
        }
        let margin = self.beta * (ratios.chosen - ratios.rejected);
        let wrong = self.label_smoothing;
        let (value, slope) = match self.kind {
            LossKind::Sigmoid | LossKind::Ipo => (neg_log_sigmoid(margin), -sigmoid(-margin)),
            LossKind::Conservative => (
                (1.0 - wrong) * neg_log_sigmoid(margin) + wrong * neg_log_sigmoid(-margin),
                wrong * sigmoid(margin) - (1.0 - wrong) * sigmoid(-margin),
            ),
            LossKind::Robust => {
                let right = 1.0 - 2.0 * wrong;
                let value =
                    (1.0 - wrong) * neg_log_sigmoid(margin) - wrong * neg_log_sigmoid(-margin);
                let slope = (1.0 - wrong) * sigmoid(-margin) + wrong * sigmoid(margin);
                (value / right, -slope / right)
            }
            LossKind::Hinge => (
                (1.0 - margin).max(0.0),
                if margin < 1.0 { -1.0 } else { 0.0 },
            ),
        };
        PairLoss {
            value,
            chosen_slope: self.beta * slope,
            rejected_slope: -self.beta * slope,
        }
    }

    fn ipo(&self, ratios: &PairRatios) -> PairLoss {
        let (chosen_tokens, rejected_tokens) =
            (ratios.chosen_tokens as f64, ratios.rejected_tokens as f64);
        let distance = ratios.chosen / chosen_tokens
            - ratios.rejected / rejected_tokens
            - 1.0 / (2.0 * self.beta);
        PairLoss {
            value: distance * distance,
            chosen_slope: 2.0 * distance / chosen_tokens,
            rejected_slope: -2.0 * distance / rejected_tokens,
        }
    }
}

#[cfg(test)]
mod tests;

//! Trigram model of the people's words: the reference for a persona's perplexity, reached by counting instead of
//! training.
//!
//! The trigram model over tokens is interpolated down to single tokens by Witten and Bell's rule, counted on the
//! training replies and mixed with the base. The weight of the mixture is fitted on one half of the test replies and
//! the mixture is measured on the other half.

use std::collections::HashMap;

use crate::{likelihood::Scored, resample::Halves};

const ORDER: usize = 3;

/// Counts of the tokens that follow one context.
#[derive(Default)]
struct Followers {
    total: u64,
    counts: HashMap<u32, u64>,
}

/// Counts of token n-grams in the training replies.
pub(crate) struct Counting {
    contexts: HashMap<Vec<u32>, Followers>,
    vocabulary: usize,
}

impl Counting {
    /// Counts sequences of trained tokens (a reply and its end).
    pub(crate) fn new<'a>(replies: impl IntoIterator<Item = &'a [u32]>, vocabulary: usize) -> Self {
        let mut contexts: HashMap<Vec<u32>, Followers> = HashMap::new();
        for reply in replies {
            for position in 0..reply.len() {
                for back in 0..ORDER.min(position + 1) {
                    let followers = contexts
                        .entry(reply[position - back..position].to_vec())
                        .or_default();
                    followers.total += 1;
                    *followers.counts.entry(reply[position]).or_default() += 1;
                }
            }
        }
        Self {
            contexts,
            vocabulary,
        }
    }

    /// Probability of the token at `position` of `reply`, given the tokens before it in the reply.
    fn probability(&self, reply: &[u32], position: usize) -> f64 {
        let uniform = 1.0 / self.vocabulary as f64;
        (0..ORDER.min(position + 1)).fold(uniform, |lower, back| {
            match self.contexts.get(&reply[position - back..position]) {
                None => lower,
                Some(followers) => {
                    let count = followers.counts.get(&reply[position]).copied().unwrap_or(0) as f64;
                    let kinds = followers.counts.len() as f64;
                    (count + kinds * lower) / (followers.total as f64 + kinds)
                }
            }
        })
    }

    /// Bits per character of the base mixed with the counts, on replies that the mixture was not fitted on.
    ///
    /// `None` where there are too few replies to halve.
    pub(crate) fn bits_with(&self, base: &[Scored], halvings: &[Halves]) -> Option<f64> {
        let tokens: Vec<Vec<(f64, f64)>> = base.iter().map(|scored| self.pairs(scored)).collect();
        let mut figures = Vec::new();
        for Halves { first, second } in halvings {
            let fitted_on: Vec<(f64, f64)> = first
                .iter()
                .flat_map(|index| tokens[*index].iter().copied())
                .collect();
            let share = fit(&fitted_on);
            let characters: usize = second.iter().map(|index| base[*index].characters).sum();
            let bits: f64 = second
                .iter()
                .flat_map(|index| tokens[*index].iter())
                .map(|(model, counted)| -((1.0 - share) * model + share * counted).log2())
                .sum();
            if characters > 0 {
                figures.push(bits / characters as f64);
            }
        }
        (!figures.is_empty()).then(|| figures.iter().sum::<f64>() / figures.len() as f64)
    }

    /// Probability of each token under the base and under the counts.
    fn pairs(&self, scored: &Scored) -> Vec<(f64, f64)> {
        scored
            .log_probs
            .iter()
            .enumerate()
            .map(|(position, log_prob)| {
                let base = f64::from(*log_prob).exp().max(f64::MIN_POSITIVE);
                (base, self.probability(&scored.targets, position))
            })
            .collect()
    }
}

/// Fits the share of the second part in a mixture of two: the one with the highest likelihood of the observations.
///
/// The log-likelihood is concave in the share, so that halving the interval by the sign of its slope finds the maximum.
fn fit(tokens: &[(f64, f64)]) -> f64 {
    let rises_at = |share: f64| {
        let slopes = tokens
            .iter()
            .map(|(first, second)| (second - first) / ((1.0 - share) * first + share * second));
        slopes.sum::<f64>() > 0.0
    };
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..30 {
        let middle = f64::midpoint(low, high);
        if rises_at(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resample::halves;

    #[test]
    fn probabilities_sum_to_one_in_every_context() {
        let replies: [&[u32]; 3] = [&[1, 2, 3, 0], &[1, 2, 2, 0], &[4, 0]];
        let counting = Counting::new(replies, 6);
        for context in [vec![], vec![1], vec![1, 2], vec![5, 5]] {
            let sum: f64 = (0..6)
                .map(|token| {
                    let mut reply = context.clone();
                    reply.push(token);
                    counting.probability(&reply, context.len())
                })
                .sum();
            assert!((sum - 1.0).abs() < 1e-9, "{context:?}: {sum}");
        }
    }

    fn scored(targets: &[u32], probability: f32) -> Scored {
        Scored {
            targets: targets.to_vec(),
            log_probs: vec![probability.ln(); targets.len()],
            characters: 10,
        }
    }

    #[test]
    fn counting_helps_a_base_that_knows_nothing_and_never_one_that_knows_all() {
        let counting = Counting::new([[1_u32, 2, 3, 0].as_slice(); 20], 100);
        let halvings = halves(8, 4, 1);
        let bits = |probability: f32| {
            let base: Vec<Scored> = (0..8).map(|_| scored(&[1, 2, 3, 0], probability)).collect();
            counting.bits_with(&base, &halvings).unwrap()
        };
        assert!(bits(0.01) < 0.2 * 4.0 * -(0.01_f64.log2()) / 10.0);
        assert!(bits(1.0) < 1e-6);
    }

    #[test]
    fn the_fitted_share_is_the_best_one() {
        let tokens = [(0.1, 0.4), (0.5, 0.1), (0.2, 0.3), (0.6, 0.2)];
        let bits = |share: f64| -> f64 {
            tokens
                .iter()
                .map(|(a, b)| -((1.0 - share) * a + share * b).log2())
                .sum()
        };
        let best = fit(&tokens);
        for step in 0..=20 {
            assert!(bits(best) <= bits(f64::from(step) / 20.0) + 1e-6);
        }
    }
}

//! Sampling of a token from logits: repetition penalty, top-k, top-p, temperature, in llama.cpp's order.

use persona_core::Sampling;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Draws tokens from logits.
#[derive(Debug)]
pub(crate) struct Sampler<'a> {
    sampling: &'a Sampling,
    random: ChaCha8Rng,
}

impl<'a> Sampler<'a> {
    pub(crate) fn new(sampling: &'a Sampling, random: ChaCha8Rng) -> Self {
        Self { sampling, random }
    }

    /// Draws the next token after `reply`. Changes `logits`.
    pub(crate) fn next(&mut self, logits: &mut [f32], reply: &[u32]) -> u32 {
        penalise(logits, reply, self.sampling.repetition_penalty as f32);
        if self.sampling.temperature == 0.0 {
            return most_likely(logits);
        }
        let mut candidates = top_k(logits, self.sampling.top_k);
        top_p(&mut candidates, self.sampling.top_p as f32);
        self.draw(&candidates)
    }

    fn draw(&mut self, candidates: &[(u32, f32)]) -> u32 {
        let max = candidates[0].1;
        let temperature = self.sampling.temperature as f32;
        let weight = |logit: f32| f64::from((logit - max) / temperature).exp();
        let total: f64 = candidates.iter().map(|(_, logit)| weight(*logit)).sum();
        let mut left = self.random.random::<f64>() * total;
        for (token, logit) in candidates {
            left -= weight(*logit);
            if left < 0.0 {
                return *token;
            }
        }
        candidates[candidates.len() - 1].0
    }
}

/// Divides positive logits of tokens already in the reply by the penalty and multiplies negative ones.
fn penalise(logits: &mut [f32], reply: &[u32], penalty: f32) {
    if (penalty - 1.0).abs() < f32::EPSILON {
        return;
    }
    for (position, token) in reply.iter().enumerate() {
        if reply[..position].contains(token) {
            continue;
        }
        let logit = &mut logits[*token as usize];
        *logit = if *logit > 0.0 {
            *logit / penalty
        } else {
            *logit * penalty
        };
    }
}

/// Index of the largest logit; the first of equal ones.
fn most_likely(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = token;
        }
    }
    best as u32
}

/// The `k` likeliest tokens (all for 0), likeliest first; equal ones by id.
fn top_k(logits: &[f32], k: usize) -> Vec<(u32, f32)> {
    let order = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let mut candidates: Vec<(u32, f32)> = logits
        .iter()
        .enumerate()
        .map(|(token, logit)| (token as u32, *logit))
        .collect();
    if k > 0 && k < candidates.len() {
        candidates.select_nth_unstable_by(k - 1, order);
        candidates.truncate(k);
    }
    candidates.sort_unstable_by(order);
    candidates
}

/// Keeps the fewest of the likeliest tokens whose probabilities reach `p`; at least one.
fn top_p(candidates: &mut Vec<(u32, f32)>, p: f32) {
    let max = candidates[0].1;
    let weights: Vec<f64> = candidates
        .iter()
        .map(|(_, logit)| f64::from(logit - max).exp())
        .collect();
    let limit = f64::from(p) * weights.iter().sum::<f64>();
    let mut sum = 0.0;
    let kept = weights.iter().position(|weight| {
        sum += weight;
        sum >= limit
    });
    candidates.truncate(kept.map_or(candidates.len(), |last| last + 1));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn penalty_counts_a_token_once() {
        let mut logits = vec![2.0, -2.0, 1.0];
        penalise(&mut logits, &[0, 1, 0], 2.0);
        assert_eq!(logits, [1.0, -4.0, 1.0]);
    }

    proptest! {
        #[test]
        fn drawn_tokens_are_among_the_top(
            logits in prop::collection::vec(-5.0_f32..5.0, 1..60), k in 0_usize..10, p in 0.01_f32..1.0, seed: u64,
        ) {
            let sampling = Sampling { top_k: k, top_p: f64::from(p), repetition_penalty: 1.0, ..Sampling::default() };
            let token = Sampler::new(&sampling, ChaCha8Rng::seed_from_u64(seed)).next(&mut logits.clone(), &[]);
            let better = logits.iter().filter(|logit| **logit > logits[token as usize]).count();
            prop_assert!(k == 0 || better < k);
            let share = |tokens: &mut dyn Iterator<Item = f32>| -> f64 { tokens.map(|l| f64::from(l).exp()).sum() };
            let above = share(&mut logits.iter().copied().filter(|l| *l > logits[token as usize]));
            let kept = top_k(&logits, k);
            let total = share(&mut kept.iter().map(|(_, logit)| *logit));
            prop_assert!(above / total < f64::from(p) + 1e-6);
        }

        #[test]
        fn greedy_takes_the_largest(logits in prop::collection::vec(-5.0_f32..5.0, 1..60)) {
            let sampling = Sampling::greedy(1);
            let token = Sampler::new(&sampling, ChaCha8Rng::seed_from_u64(0)).next(&mut logits.clone(), &[]);
            prop_assert!(logits.iter().all(|logit| *logit <= logits[token as usize]));
        }
    }
}

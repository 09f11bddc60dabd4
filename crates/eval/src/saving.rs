//! Perplexity score: share of the base's bits per character that training saved, beside what counting saves.

use persona_model::Tokenizer;

use crate::{
    config::{Config, Inputs},
    counting::Counting,
    data::Data,
    error::Error,
    likelihood::{Scored, bits_per_character},
    models::Measured,
    report::Score,
    resample::{bootstrap, halves},
    scores::share,
};

/// Halvings of the test replies, for fitting and measuring the mixture.
const HALVINGS: usize = 10;
/// Smallest share that counting is assumed to save, so that the score is not divided by nearly 0.
const LEAST: f64 = 0.01;

/// Bits per character of the base mixed with a trigram model of the training replies.
pub(crate) fn counted_bits(
    inputs: &Inputs,
    data: &Data,
    measured: &Measured,
) -> Result<Option<f64>, Error> {
    let tokenizer = Tokenizer::load(&inputs.base).map_err(Error::model("base"))?;
    let end = tokenizer.specials().im_end;
    let replies: Vec<Vec<u32>> = data
        .training_replies
        .iter()
        .map(|text| {
            let mut ids = tokenizer.encode(text);
            ids.push(end);
            ids
        })
        .collect();
    let counting = Counting::new(replies.iter().map(Vec::as_slice), tokenizer.vocab_size());
    let halvings = halves(measured.base.len(), HALVINGS, inputs.seed);
    Ok(counting.bits_with(&measured.base, &halvings))
}

/// Perplexity score of the quantized file.
pub(crate) fn score(
    config: &Config,
    seed: u64,
    measured: &Measured,
    counted: Option<f64>,
) -> Option<Score> {
    let (base, quantized) = (&measured.base, &measured.quantized);
    let saved = |targets: &[usize]| {
        let of = |scored: &[Scored]| bits_per_character(targets.iter().map(|at| &scored[*at]));
        of(base)
            .zip(of(quantized))
            .map(|(base, quantized)| 1.0 - quantized / base)
    };
    let value = saved(&(0..base.len()).collect::<Vec<_>>())?;
    let ceiling = (1.0 - counted? / bits_per_character(base)?).max(LEAST);
    let (low, high) = bootstrap(base.len(), config.bootstrap, seed, |targets| {
        saved(targets).unwrap_or(value)
    });
    Some(Score {
        value,
        ceiling,
        share: share(value, ceiling),
        low,
        high,
    })
}

#[cfg(test)]
mod tests {
    use std::f64::consts::LOG2_E;

    use super::*;
    use crate::report::{PerModel, PreferenceAccuracy};

    fn measured(base: f32, quantized: f32) -> Measured {
        let replies = |log_prob: f32| {
            let reply = |length: usize| Scored {
                targets: vec![0; length],
                log_probs: vec![log_prob; length],
                characters: 2 * length,
            };
            (1..20).map(reply).collect()
        };
        Measured {
            base: replies(base),
            quantized: replies(quantized),
            perplexity: PerModel::default(),
            bits_per_character: PerModel::default(),
            preference_accuracy: PreferenceAccuracy::default(),
        }
    }

    /// Score against a base with 2 nats per token of 2 characters: 1.4427 bits per character.
    fn found(quantized: f32, counted: f64) -> Score {
        score(
            &Config::default(),
            1,
            &measured(-2.0, quantized),
            Some(counted),
        )
        .unwrap()
    }

    #[test]
    fn half_of_the_bits_saved_is_half() {
        let score = found(-1.0, 1.2);
        assert!((score.value - 0.5).abs() < 1e-6, "{score:?}");
        assert!((score.ceiling - (1.0 - 1.2 / LOG2_E)).abs() < 1e-6);
        assert!(
            (score.share - 1.0).abs() < 1e-12,
            "more than counting saves"
        );
    }

    #[test]
    fn an_untrained_or_spoilt_model_has_no_share() {
        assert!(found(-2.0, 1.2).share.abs() < 1e-12);
        let spoilt = found(-3.0, 1.2);
        assert!(
            spoilt.value < 0.0 && spoilt.share.abs() < 1e-12,
            "{spoilt:?}"
        );
    }

    #[test]
    fn nothing_to_count_is_not_divided_by() {
        let score = found(-1.99, LOG2_E);
        assert!((score.ceiling - LEAST).abs() < 1e-9);
        assert!(score.share < 0.6, "{score:?}");
    }
}

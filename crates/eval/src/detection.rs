//! Detection: accuracy of a cross-validated classifier that tells two sets of replies apart.

use rand::seq::SliceRandom;

use crate::{
    logistic::{Logistic, Row},
    profile::{GRAM_BUCKETS, Profile, feature_names},
    resample,
};

/// Trains classifiers and tells, for each reply of `first`, then of `second`, whether the one that had not seen it was
/// right.
///
/// Folds are stratified: each holds its equal share of both sides. A side needs at least `folds` replies.
pub(crate) fn classified_correctly(
    first: &[&Profile],
    second: &[&Profile],
    folds: usize,
    seed: u64,
) -> Vec<bool> {
    let all: Vec<(&Profile, bool)> = first
        .iter()
        .map(|profile| (*profile, false))
        .chain(second.iter().map(|profile| (*profile, true)))
        .collect();
    let fold_of: Vec<usize> = deal(first.len(), folds, seed, "first")
        .into_iter()
        .chain(deal(second.len(), folds, seed, "second"))
        .collect();
    let mut right = vec![false; all.len()];
    for fold in 0..folds {
        let training: Vec<(&Profile, bool)> = pick(&all, |index| fold_of[index] != fold);
        let scale = Scale::of(&training);
        let rows: Vec<Row> = training.iter().map(|(p, _)| scale.row(p)).collect();
        let labels: Vec<bool> = training.iter().map(|(_, label)| *label).collect();
        let classifier = Logistic::fit(&rows, &labels, feature_names().len() + GRAM_BUCKETS);
        for (index, (profile, label)) in all.iter().enumerate() {
            if fold_of[index] == fold {
                right[index] = (classifier.probability(&scale.row(profile)) > 0.5) == *label;
            }
        }
    }
    right
}

fn pick<T: Copy>(all: &[T], wanted: impl Fn(usize) -> bool) -> Vec<T> {
    all.iter()
        .enumerate()
        .filter(|(index, _)| wanted(*index))
        .map(|(_, item)| *item)
        .collect()
}

/// Assigns `n` items to folds of equal size, in random order.
fn deal(n: usize, folds: usize, seed: u64, side: &str) -> Vec<usize> {
    let mut fold_of: Vec<usize> = (0..n).map(|index| index % folds).collect();
    fold_of.shuffle(&mut resample::stream(seed, &format!("folds {side}")));
    fold_of
}

/// Mean and deviation of each style feature in the training folds.
struct Scale(Vec<(f64, f64)>);

impl Scale {
    fn of(training: &[(&Profile, bool)]) -> Self {
        let features = training.first().map_or(0, |(p, _)| p.features.len());
        Self(
            (0..features)
                .map(|index| {
                    let values: Vec<f64> =
                        training.iter().map(|(p, _)| p.features[index]).collect();
                    crate::figures::mean_and_deviation(&values)
                })
                .collect(),
        )
    }

    /// Features of a reply: standardised style features first, then the n-grams. A feature that never varied gives 0;
    /// far values are clipped.
    fn row(&self, profile: &Profile) -> Row {
        const FAR: f64 = 4.0;
        // All style features together weigh about as much as the n-grams, which have length 1.
        let weight = 2.0 / (self.0.len().max(1) as f64).sqrt();
        let features = self
            .0
            .iter()
            .zip(&profile.features)
            .enumerate()
            .filter(|(_, ((_, deviation), _))| *deviation > 1e-9)
            .map(|(index, ((mean, deviation), value))| {
                let standard = ((value - mean) / deviation).clamp(-FAR, FAR);
                (index, standard * weight)
            });
        let grams = profile
            .grams
            .iter()
            .map(|(index, value)| (self.0.len() + index, 2.0 * value));
        features.chain(grams).collect()
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    fn replies(seed: u64, n: usize, words: &[&str], end: &str) -> Vec<Profile> {
        let mut random = resample::stream(seed, "replies");
        (0..n)
            .map(|_| {
                let count = random.random_range(1..9);
                let text: Vec<&str> = (0..count)
                    .map(|_| words[random.random_range(0..words.len())])
                    .collect();
                Profile::of(&(text.join(" ") + end))
            })
            .collect()
    }

    fn accuracy(first: &[Profile], second: &[Profile]) -> f64 {
        let first: Vec<&Profile> = first.iter().collect();
        let second: Vec<&Profile> = second.iter().collect();
        let right = classified_correctly(&first, &second, 5, 3);
        right.iter().filter(|right| **right).count() as f64 / right.len() as f64
    }

    const WORDS: &[&str] = &["so", "what", "pizza", "train", "late", "again", "no", "cat"];

    #[test]
    fn the_same_distribution_cannot_be_classified_correctly() {
        let found = accuracy(&replies(1, 150, WORDS, ""), &replies(2, 150, WORDS, ""));
        // Three standard errors of a coin on 300 throws, and a little for the dependence between folds.
        assert!((found - 0.5).abs() < 0.12, "{found}");
    }

    #[test]
    fn an_obvious_difference_is_found() {
        let found = accuracy(&replies(1, 60, WORDS, ""), &replies(2, 60, WORDS, "."));
        assert!(found > 0.9, "{found}");
        let other = &["indeed", "certainly", "assist", "delve"];
        let found = accuracy(&replies(1, 60, WORDS, ""), &replies(2, 60, other, ""));
        assert!(found > 0.9, "{found}");
    }

    #[test]
    fn folds_are_stratified() {
        let fold_of = deal(23, 5, 1, "x");
        for fold in 0..5 {
            let size = fold_of.iter().filter(|f| **f == fold).count();
            assert!((4..=5).contains(&size), "{size}");
        }
    }
}

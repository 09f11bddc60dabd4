//! Scores, each with its human ceiling.
//!
//! The test replies are halved at random, many times. In each halving the first half stands for the people. The real
//! replies of the second half, compared with it, give the ceiling; the replies generated *to the same prompts* as the
//! second half, compared with it, give the value. So both have the same sample sizes and the same contexts, and differ
//! only in who wrote the replies. The spread over halvings is the interval: half-sampling (the delete-half jackknife)
//! has the spread of the bootstrap, but draws no reply twice, which would make the word sets of a sample look smaller
//! than they are.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    config::Config,
    detection,
    figures::{cosine, jaccard, jensen_shannon, kolmogorov_smirnov, mean_vector},
    profile::Profile,
    report::{Distances, FeatureDistance, Score},
    resample::{self, Halves, bootstrap, interval},
};

/// Real and generated replies to the same targets: `generated[i]` answers the prompt that `real[i]` answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compared<'a> {
    pub(crate) real: &'a [Profile],
    pub(crate) generated: &'a [Profile],
}

/// Three samples of a halving.
struct Samples<'a> {
    people: Vec<&'a Profile>,
    other_people: Vec<&'a Profile>,
    persona: Vec<&'a Profile>,
}

impl<'a> Compared<'a> {
    fn samples(&self, halves: &Halves) -> Samples<'a> {
        let pick = |from: &'a [Profile], positions: &[usize]| {
            positions.iter().map(|position| &from[*position]).collect()
        };
        Samples {
            people: pick(self.real, &halves.first),
            other_people: pick(self.real, &halves.second),
            persona: pick(self.generated, &halves.second),
        }
    }

    /// Averages a figure of two samples over the halvings. `None` where no halving gives one.
    fn score(
        &self,
        halvings: &[Halves],
        figure: impl Fn(&Samples<'a>) -> Option<(f64, f64)>,
    ) -> Option<Score> {
        let (mut values, ceilings): (Vec<f64>, Vec<f64>) = halvings
            .iter()
            .filter_map(|halves| figure(&self.samples(halves)))
            .unzip();
        if values.is_empty() {
            return None;
        }
        let (value, ceiling) = (mean(&values), mean(&ceilings));
        let (low, high) = interval(&mut values);
        Some(Score {
            value,
            ceiling,
            share: share(value, ceiling),
            low,
            high,
        })
    }

    /// Style score: cosine of mean embeddings.
    pub(crate) fn style(&self, halvings: &[Halves]) -> Option<Score> {
        let centre = |sample: &[&Profile]| {
            mean_vector(sample.iter().map(|profile| profile.embedding.as_slice()))
        };
        self.score(halvings, |samples| {
            let people = centre(&samples.people);
            (!people.is_empty()).then(|| {
                (
                    cosine(&people, &centre(&samples.persona)),
                    cosine(&people, &centre(&samples.other_people)),
                )
            })
        })
    }

    /// Length score: 1 − Kolmogorov-Smirnov statistic of lengths.
    pub(crate) fn length(&self, halvings: &[Halves]) -> Option<Score> {
        let lengths = |sample: &[&Profile]| sample.iter().map(|p| p.length).collect::<Vec<_>>();
        self.score(halvings, |samples| {
            let people = lengths(&samples.people);
            (!people.is_empty()).then(|| {
                (
                    1.0 - kolmogorov_smirnov(&people, &lengths(&samples.persona)),
                    1.0 - kolmogorov_smirnov(&people, &lengths(&samples.other_people)),
                )
            })
        })
    }

    /// Vocabulary score: Jaccard index of word sets. All three samples are cut to the same number of words, as sets
    /// grow with it.
    pub(crate) fn vocabulary(&self, halvings: &[Halves]) -> Option<Score> {
        self.score(halvings, |samples| {
            let equal = count_words(&samples.people)
                .min(count_words(&samples.other_people))
                .min(count_words(&samples.persona));
            let people = word_set(&samples.people, equal);
            (equal > 0).then(|| {
                (
                    jaccard(&people, &word_set(&samples.persona, equal)),
                    jaccard(&people, &word_set(&samples.other_people, equal)),
                )
            })
        })
    }

    /// Detection score: accuracy of a cross-validated classifier. The interval is a bootstrap over targets.
    pub(crate) fn detection(&self, config: &Config, seed: u64) -> Option<Score> {
        let n = self.real.len();
        let half = n / 2;
        let folds = config.detection_folds.min(half);
        if folds < 2 {
            return None;
        }
        // Per target and side: how often the classifier was right about it, and how often it was asked.
        let mut asked = vec![(0_u32, 0_u32); 2 * n];
        let mut ceilings = Vec::new();
        for halves in resample::halves(n, config.detection_halvings, seed) {
            let samples = self.samples(&halves);
            let judged = |second: &[&Profile]| {
                detection::classified_correctly(&samples.people, second, folds, seed)
            };
            ceilings.push(accuracy(&judged(&samples.other_people)));
            let positions = halves
                .first
                .iter()
                .copied()
                .chain(halves.second.iter().map(|target| n + target));
            for (index, right) in positions.zip(judged(&samples.persona)) {
                asked[index].0 += u32::from(right);
                asked[index].1 += 1;
            }
        }
        let figure = |targets: &[usize]| {
            let sides = targets
                .iter()
                .flat_map(|target| [asked[*target], asked[n + target]]);
            let (right, all) = sides.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            f64::from(right) / f64::from(all.max(1))
        };
        let value = figure(&(0..n).collect::<Vec<_>>());
        let ceiling = mean(&ceilings);
        let (low, high) = bootstrap(n, config.bootstrap, seed, figure);
        Some(Score {
            value,
            ceiling,
            share: share(1.0 - value, 1.0 - ceiling),
            low,
            high,
        })
    }

    /// Distances of word frequencies and style features.
    pub(crate) fn distances(&self, halvings: &[Halves], names: &[String]) -> Distances {
        let words = self.score(halvings, |samples| {
            let people = word_counts(&samples.people);
            let (persona, others) = (
                word_counts(&samples.persona),
                word_counts(&samples.other_people),
            );
            (!people.is_empty() && !persona.is_empty() && !others.is_empty()).then(|| {
                (
                    jensen_shannon(&people, &persona),
                    jensen_shannon(&people, &others),
                )
            })
        });
        let mut features: Vec<FeatureDistance> = names
            .iter()
            .enumerate()
            .map(|(index, name)| self.feature(index, name, halvings))
            .collect();
        features.sort_by(|a, b| b.distance.abs().total_cmp(&a.distance.abs()));
        let average = |of: &dyn Fn(&FeatureDistance) -> f64| {
            (!halvings.is_empty() && !features.is_empty() && self.real.len() > 1)
                .then(|| features.iter().map(of).sum::<f64>() / features.len() as f64)
        };
        Distances {
            word_divergence: words.map(|score| score.value),
            word_divergence_ceiling: words.map(|score| score.ceiling),
            stylometry: average(&|feature| feature.distance.abs()),
            stylometry_ceiling: average(&|feature| feature.ceiling),
            features,
        }
    }

    fn feature(&self, index: usize, name: &str, halvings: &[Halves]) -> FeatureDistance {
        let column = |from: &[Profile]| -> Vec<f64> {
            from.iter().map(|profile| profile.features[index]).collect()
        };
        let (people, persona) = (column(self.real), column(self.generated));
        let (real, deviation) = crate::figures::mean_and_deviation(&people);
        let generated = mean(&persona);
        // A feature that does not vary in the real replies is measured in its own units.
        let unit = if deviation > 1e-9 { deviation } else { 1.0 };
        let of = |positions: &[usize]| {
            positions.iter().map(|at| people[*at]).sum::<f64>() / positions.len().max(1) as f64
        };
        let apart: Vec<f64> = halvings
            .iter()
            .map(|halves| (of(&halves.first) - of(&halves.second)).abs() / unit)
            .collect();
        FeatureDistance {
            name: name.to_owned(),
            real,
            generated,
            distance: (generated - real) / unit,
            ceiling: mean(&apart),
        }
    }
}

/// Share of the ceiling that a value reaches, 0 to 1.
pub(crate) fn share(value: f64, ceiling: f64) -> f64 {
    if value >= ceiling {
        1.0
    } else {
        (value / ceiling).clamp(0.0, 1.0)
    }
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn accuracy(right: &[bool]) -> f64 {
    right.iter().filter(|right| **right).count() as f64 / right.len().max(1) as f64
}

fn count_words(sample: &[&Profile]) -> usize {
    sample.iter().map(|profile| profile.words.len()).sum()
}

/// Set of the first `limit` words; the replies of a halving are in random order.
fn word_set<'a>(sample: &[&'a Profile], limit: usize) -> BTreeSet<&'a str> {
    let words = sample.iter().flat_map(|profile| &profile.words);
    words.take(limit).map(String::as_str).collect()
}

fn word_counts<'a>(sample: &[&'a Profile]) -> BTreeMap<&'a str, u64> {
    let mut counts = BTreeMap::new();
    for word in sample.iter().flat_map(|profile| &profile.words) {
        *counts.entry(word.as_str()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests;

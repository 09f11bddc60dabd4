//! Scores of personas that are like people, or unlike them.

use rand::Rng;

use super::*;
use crate::resample::{halves, stream};

const WORDS: &[&str] = &[
    "so", "what", "pizza", "train", "late", "again", "no", "cat", "maybe", "tomorrow", "rain",
];

/// Profiles of replies of random length, whose embeddings follow their words.
fn replies(seed: u64, n: usize, words: &[&str], longest: usize) -> Vec<Profile> {
    let mut random = stream(seed, "replies");
    (0..n)
        .map(|_| {
            let count = random.random_range(1..=longest);
            let chosen: Vec<usize> = (0..count)
                .map(|_| random.random_range(0..words.len()))
                .collect();
            let text: Vec<&str> = chosen.iter().map(|word| words[*word]).collect();
            let mut profile = Profile::of(&text.join(" "));
            profile.embedding = vec![0.0; WORDS.len()];
            for word in chosen {
                profile.embedding[word] += 1.0;
            }
            profile
        })
        .collect()
}

fn all_scores(real: &[Profile], generated: &[Profile]) -> Vec<(&'static str, Score)> {
    let compared = Compared { real, generated };
    let halvings = halves(real.len(), 60, 1);
    let config = Config {
        detection_halvings: 3,
        bootstrap: 200,
        ..Config::default()
    };
    vec![
        ("style", compared.style(&halvings).unwrap()),
        ("length", compared.length(&halvings).unwrap()),
        ("vocabulary", compared.vocabulary(&halvings).unwrap()),
        ("detection", compared.detection(&config, 1).unwrap()),
    ]
}

#[test]
fn a_persona_that_is_one_of_them_reaches_every_ceiling() {
    let real = replies(1, 120, WORDS, 8);
    let generated = replies(2, 120, WORDS, 8);
    for (name, score) in all_scores(&real, &generated) {
        assert!(score.share > 0.85, "{name}: {score:?}");
        assert!(
            score.low <= score.value && score.value <= score.high,
            "{name}: {score:?}"
        );
        assert!((0.0..=1.0).contains(&score.ceiling), "{name}: {score:?}");
    }
}

#[test]
fn another_length_and_other_words_are_seen() {
    let real = replies(1, 120, WORDS, 8);
    let generated = replies(2, 120, &WORDS[..2], 40);
    for (name, score) in all_scores(&real, &generated) {
        assert!(score.share < 0.8, "{name}: {score:?}");
    }
}

#[test]
fn the_texts_of_other_people_as_generated_replies_give_the_ceiling_itself() {
    // With real[i] as generated[i], value and ceiling are the same figure of the same samples.
    let real = replies(1, 40, WORDS, 8);
    for (name, score) in all_scores(&real, &real) {
        if name != "detection" {
            assert!(
                (score.value - score.ceiling).abs() < 1e-12,
                "{name}: {score:?}"
            );
        }
    }
}

#[test]
fn too_few_replies_give_no_score() {
    let real = replies(1, 1, WORDS, 8);
    let compared = Compared {
        real: &real,
        generated: &real,
    };
    let halvings = halves(1, 5, 1);
    assert!(compared.style(&halvings).is_none());
    assert!(compared.length(&halvings).is_none());
    assert!(compared.vocabulary(&halvings).is_none());
    assert!(compared.detection(&Config::default(), 1).is_none());
}

#[test]
fn the_farthest_feature_comes_first() {
    let real = replies(1, 60, WORDS, 8);
    let generated: Vec<Profile> = (0..60)
        .map(|i| Profile::of(&format!("{i} OK!!!")))
        .collect();
    let names = crate::profile::feature_names();
    let distances = Compared {
        real: &real,
        generated: &generated,
    }
    .distances(&halves(60, 20, 1), &names);
    assert_eq!(distances.features.len(), names.len());
    let sizes: Vec<f64> = distances
        .features
        .iter()
        .map(|f| f.distance.abs())
        .collect();
    assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
    assert!(distances.stylometry > distances.stylometry_ceiling);
    assert!(distances.word_divergence > distances.word_divergence_ceiling);
}

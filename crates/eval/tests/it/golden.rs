//! Figures against those of scipy.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use eval::figures::{cosine, jaccard, jensen_shannon, kolmogorov_smirnov, mean_vector};
use persona_model::embed::{Embedder, SentenceEmbedder};
use serde_json::Value;

pub(crate) fn fixtures() -> PathBuf {
    std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    )
}

struct Golden(Value);

impl Golden {
    fn load() -> Self {
        let path = fixtures().join("textmetrics/textmetrics.json");
        Self(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
    }

    fn number(&self, pointer: &str) -> f64 {
        self.0.pointer(pointer).unwrap().as_f64().unwrap()
    }

    fn numbers(&self, key: &str) -> Vec<f64> {
        let list = self.0[key].as_array().unwrap().iter();
        list.map(|number| number.as_f64().unwrap()).collect()
    }

    /// Lower-case words between spaces, as the golden figures count them, text by text.
    fn words(&self, key: &str) -> Vec<Vec<String>> {
        let texts = self.0[key].as_array().unwrap().iter();
        texts
            .map(|text| {
                let text = text.as_str().unwrap().to_lowercase();
                text.split_whitespace().map(str::to_owned).collect()
            })
            .collect()
    }
}

fn assert_close(found: f64, expected: f64) {
    assert!(
        (found - expected).abs() < 1e-9,
        "found {found}, expected {expected}"
    );
}

#[test]
fn kolmogorov_smirnov_is_that_of_scipy() {
    let golden = Golden::load();
    let tokens = ["token_lengths_a", "token_lengths_b"].map(|key| golden.numbers(key));
    assert_close(
        kolmogorov_smirnov(&tokens[0], &tokens[1]),
        golden.number("/ks_token_lengths/statistic"),
    );
    let counts = ["a", "b"].map(|key| {
        let texts = golden.words(key).into_iter();
        texts.map(|words| words.len() as f64).collect::<Vec<_>>()
    });
    assert_close(
        kolmogorov_smirnov(&counts[0], &counts[1]),
        golden.number("/ks_word_counts/statistic"),
    );
}

#[test]
fn jensen_shannon_is_that_of_scipy() {
    let golden = Golden::load();
    let counts = ["a", "b"].map(|key| {
        let words = golden.words(key).into_iter().flatten();
        words.fold(BTreeMap::<String, u64>::new(), |mut counts, word| {
            *counts.entry(word).or_default() += 1;
            counts
        })
    });
    let divergence = jensen_shannon(&counts[0], &counts[1]);
    assert_close(divergence, golden.number("/jensen_shannon_divergence_bits"));
    assert_close(
        divergence.sqrt(),
        golden.number("/jensen_shannon_distance_base2"),
    );
    assert_close(
        divergence * std::f64::consts::LN_2,
        golden.number("/jensen_shannon_divergence_nats"),
    );
}

#[test]
fn jaccard_of_word_sets_is_golden() {
    let golden = Golden::load();
    let sets = ["a", "b"].map(|key| {
        golden
            .words(key)
            .into_iter()
            .flatten()
            .collect::<BTreeSet<_>>()
    });
    assert_close(jaccard(&sets[0], &sets[1]), golden.number("/jaccard_words"));
    let sizes = golden.numbers("vocabulary_sizes");
    for (set, size) in sets.iter().zip(sizes) {
        assert_close(set.len() as f64, size);
    }
}

#[test]
#[ignore = "needs PERSONA_MINILM, a folder with all-MiniLM-L6-v2"]
fn cosine_of_mean_embeddings_is_that_of_sentence_transformers() {
    let folder = std::env::var_os("PERSONA_MINILM").expect("PERSONA_MINILM is set");
    let golden = Golden::load();
    let embedder = SentenceEmbedder::load(Path::new(&folder)).unwrap();
    let means = ["a", "b"].map(|key| {
        let texts = golden.0[key].as_array().unwrap().iter();
        let texts: Vec<&str> = texts.map(|text| text.as_str().unwrap()).collect();
        let vectors = embedder.embed(&texts).unwrap();
        mean_vector(vectors.iter().map(Vec::as_slice))
    });
    let found = cosine(&means[0], &means[1]);
    let expected = golden.number("/cosine_of_mean_embeddings");
    assert!(
        (found - expected).abs() < 1e-4,
        "found {found}, expected {expected}"
    );
}

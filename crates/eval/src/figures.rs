//! Statistics that compare two samples. They know nothing of models or reports.

use std::collections::{BTreeMap, BTreeSet};

/// Two-sample Kolmogorov-Smirnov statistic: the largest gap between the two cumulative distributions, 0 to 1.
///
/// # Panics
/// When a sample is empty or holds a NaN.
pub fn kolmogorov_smirnov(first: &[f64], second: &[f64]) -> f64 {
    assert!(
        !first.is_empty() && !second.is_empty(),
        "both samples need a value"
    );
    let (first, second) = (sorted(first), sorted(second));
    let (mut i, mut j, mut largest) = (0, 0, 0_f64);
    while i < first.len() && j < second.len() {
        // All equal values of both sides are counted before the gap is measured.
        let value = first[i].min(second[j]);
        while i < first.len() && first[i] <= value {
            i += 1;
        }
        while j < second.len() && second[j] <= value {
            j += 1;
        }
        let gap = i as f64 / first.len() as f64 - j as f64 / second.len() as f64;
        largest = largest.max(gap.abs());
    }
    largest
}

fn sorted(sample: &[f64]) -> Vec<f64> {
    let mut sample = sample.to_vec();
    assert!(
        sample.iter().all(|value| !value.is_nan()),
        "NaN has no place in an order"
    );
    sample.sort_by(f64::total_cmp);
    sample
}

/// Jensen-Shannon divergence, in bits, of the distributions given by two sets of counts: 0 to 1.
///
/// # Panics
/// When one side has no counts.
pub fn jensen_shannon<K: Ord>(first: &BTreeMap<K, u64>, second: &BTreeMap<K, u64>) -> f64 {
    let (total_first, total_second) = (first.values().sum::<u64>(), second.values().sum::<u64>());
    assert!(
        total_first > 0 && total_second > 0,
        "both sides need a count"
    );
    let keys: BTreeSet<&K> = first.keys().chain(second.keys()).collect();
    let divergence: f64 = keys
        .into_iter()
        .map(|key| {
            let p = first.get(key).copied().unwrap_or(0) as f64 / total_first as f64;
            let q = second.get(key).copied().unwrap_or(0) as f64 / total_second as f64;
            let middle = f64::midpoint(p, q);
            0.5 * (relative_bits(p, middle) + relative_bits(q, middle))
        })
        .sum();
    divergence.clamp(0.0, 1.0)
}

fn relative_bits(p: f64, middle: f64) -> f64 {
    if p > 0.0 {
        p * (p / middle).log2()
    } else {
        0.0
    }
}

/// Jaccard index: size of the intersection over size of the union, 0 to 1. Two empty sets give 1.
pub fn jaccard<T: Ord>(first: &BTreeSet<T>, second: &BTreeSet<T>) -> f64 {
    let shared = first.intersection(second).count();
    let all = first.len() + second.len() - shared;
    if all == 0 {
        1.0
    } else {
        shared as f64 / all as f64
    }
}

/// Cosine of the angle between two vectors; 0 where one of them is zero.
///
/// # Panics
/// When their lengths differ.
pub fn cosine(first: &[f64], second: &[f64]) -> f64 {
    assert_eq!(first.len(), second.len(), "vectors of one space");
    let dot: f64 = first.iter().zip(second).map(|(a, b)| a * b).sum();
    let norms = norm(first) * norm(second);
    if norms > 0.0 {
        (dot / norms).clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

/// Mean of some vectors of one length; empty where there are none.
pub fn mean_vector<'a>(vectors: impl IntoIterator<Item = &'a [f32]>) -> Vec<f64> {
    let mut sum: Vec<f64> = Vec::new();
    let mut count = 0_u32;
    for vector in vectors {
        sum.resize(vector.len(), 0.0);
        for (total, value) in sum.iter_mut().zip(vector) {
            *total += f64::from(*value);
        }
        count += 1;
    }
    for total in &mut sum {
        *total /= f64::from(count);
    }
    sum
}

/// Mean and standard deviation (of the population); zeros where there is nothing.
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    if values.is_empty() {
        return (0.0, 0.0);
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / values.len() as f64;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests;

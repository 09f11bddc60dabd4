//! Balance of authors in an epoch.
//!
//! A raw share `s` becomes the target share `t(s)`: itself when small, moved half-way down when middling, the cap when
//! large. The realised share is `min(bound, λ·t)`, with λ such that all realised shares sum to 1. The bound is the cap,
//! or the share that an author reaches when each message is repeated `max_copies` times. Everything is counted in whole
//! messages, so that rounding never lifts an author over the cap.

use crate::config::Balance;

/// Number of epoch lengths, downwards from the longest possible, that are tried for shares of whole messages.
const ROUNDING_STEPS: u64 = 64;

/// Bound that holds an author's share below the formula's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The cap on an author's share.
    Cap,
    /// Each message is already repeated `max_copies` times.
    MaxCopies,
}

/// Planned epoch: draws per author.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EpochPlan {
    /// Cap in force.
    pub(crate) cap: f64,
    /// Whether the cap in force is the configured one.
    pub(crate) cap_holds: bool,
    /// Draws per epoch.
    pub(crate) epoch: u64,
    /// Target share of each author, before normalising.
    pub(crate) wanted: Vec<f64>,
    /// Draws of each author.
    pub(crate) quotas: Vec<u64>,
    /// Bound in force for each author.
    pub(crate) bounds: Vec<Option<Bound>>,
}

/// Plans an epoch for authors with `targets` training targets each, none of them 0.
pub(crate) fn plan(targets: &[u64], config: &Balance) -> EpochPlan {
    let total: u64 = targets.iter().sum();
    let most: Vec<u64> = targets
        .iter()
        .map(|&count| count * u64::from(config.max_copies))
        .collect();
    let capped = longest_epoch(&most, total, config);
    let epoch = capped.unwrap_or(total);
    // Number of messages that the cap allows. The configured cap is kept exactly; a raised one is no promise.
    let level = capped.map_or_else(
        || raised_level(&most, total),
        |epoch| whole(config.cap, epoch) as f64,
    );
    let cap = if capped.is_some() {
        config.cap
    } else {
        level / total.max(1) as f64
    };
    let limits_of = |level: f64| {
        most.iter()
            .map(|&most| level.min(most as f64))
            .collect::<Vec<f64>>()
    };
    let limits = limits_of(level);
    let wanted: Vec<f64> = targets
        .iter()
        .map(|&count| target_share(count as f64 / total.max(1) as f64, config))
        .collect();
    let ideal = fill(&wanted, &limits, epoch as f64);
    let quotas = round(&ideal, &limits_of((level - 1e-9).ceil()), epoch);
    let bounds = ideal
        .iter()
        .zip(&limits)
        .zip(&most)
        .map(|((ideal, limit), &most)| {
            (ideal >= limit).then_some(if (most as f64) < level {
                Bound::MaxCopies
            } else {
                Bound::Cap
            })
        })
        .collect();
    EpochPlan {
        cap,
        cap_holds: capped.is_some(),
        epoch,
        wanted,
        quotas,
        bounds,
    }
}

/// Target share `t(s)` of an author with raw share `s`.
pub(crate) fn target_share(share: f64, config: &Balance) -> f64 {
    if share <= config.keep_up_to {
        share
    } else if share <= config.halve_up_to {
        f64::midpoint(share, config.keep_up_to)
    } else {
        config.cap
    }
}

/// `min(bound, λ·weight)` for each author, with λ such that the results sum to `total`; the bounds themselves if their
/// sum is smaller.
pub(crate) fn fill(weights: &[f64], bounds: &[f64], total: f64) -> Vec<f64> {
    let ratio = |&index: &usize| bounds[index] / weights[index];
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| ratio(a).total_cmp(&ratio(b)).then(a.cmp(b)));
    // Sums are built from the end: subtracting from a running sum would leave rounding errors in the last shares.
    let mut weight_from = vec![0.0; order.len() + 1];
    for (rank, &index) in order.iter().enumerate().rev() {
        weight_from[rank] = weight_from[rank + 1] + weights[index];
    }
    let mut shares = vec![0.0; weights.len()];
    let mut left = total;
    for (rank, &index) in order.iter().enumerate() {
        let lambda = left / weight_from[rank];
        if bounds[index] > lambda * weights[index] {
            for &free in &order[rank..] {
                shares[free] = lambda * weights[free];
            }
            break;
        }
        shares[index] = bounds[index];
        left -= bounds[index];
    }
    shares
}

/// Longest epoch of at most `total` messages that can be filled with no author above the cap; `None` if it is too
/// short.
fn longest_epoch(most: &[u64], total: u64, config: &Balance) -> Option<u64> {
    let shortest = ((total as f64 * config.epoch_share_min).ceil() as u64).max(1);
    let fits = |epoch: u64| {
        let cap = config.cap * epoch as f64 * (1.0 + 1e-12);
        most.iter().map(|&most| (most as f64).min(cap)).sum::<f64>() >= epoch as f64
    };
    // The number of messages that authors can contribute grows more slowly than the epoch, so that all epochs up to a
    // longest one can be filled.
    let (mut low, mut high) = (0, total);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if fits(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    (low.saturating_sub(ROUNDING_STEPS).max(shortest)..=low)
        .rev()
        .find(|&epoch| {
            let level = whole(config.cap, epoch);
            most.iter().map(|&most| most.min(level)).sum::<u64>() >= epoch
        })
}

/// Whole messages in a share of an epoch: 12 % of 100 are 12, despite binary fractions.
fn whole(cap: f64, epoch: u64) -> u64 {
    (cap * epoch as f64 + 1e-9).floor() as u64
}

/// Smallest limit of messages per author with which `total` is reached: `total` / authors if every author has enough
/// messages.
fn raised_level(most: &[u64], total: u64) -> f64 {
    let bounds: Vec<f64> = most.iter().map(|&most| most as f64).collect();
    fill(&vec![1.0; most.len()], &bounds, total as f64)
        .into_iter()
        .fold(0.0, f64::max)
}

/// Rounds `ideal` to whole numbers that sum to `total`, each next to its ideal and at most its limit (a whole number):
/// first down, then up where the remainder is largest.
fn round(ideal: &[f64], limits: &[f64], total: u64) -> Vec<u64> {
    let mut rounded: Vec<u64> = ideal
        .iter()
        .map(|ideal| (ideal + 1e-9).floor() as u64)
        .collect();
    let missing = |index: &usize| ideal[*index] - rounded[*index] as f64;
    let mut order: Vec<usize> = (0..ideal.len())
        .filter(|&index| (rounded[index] as f64) < limits[index])
        .collect();
    order.sort_by(|a, b| missing(b).total_cmp(&missing(a)).then(a.cmp(b)));
    let left = total.saturating_sub(rounded.iter().sum()) as usize;
    for &index in order.iter().take(left) {
        rounded[index] += 1;
    }
    rounded
}

#[cfg(test)]
mod tests;

//! Reproducible randomness: every use derives its own stream from the run's seed and a label.

/// A 64-bit seed for the stream called `label`, independent of every other label's.
///
/// The seed depends on nothing but the arguments, so that a resumed run needs no saved random state.
pub fn derive_seed(seed: u64, label: &str) -> u64 {
    let mut hasher = blake3::Hasher::new_derive_key("persona 2026 random streams");
    hasher.update(&seed.to_le_bytes());
    hasher.update(label.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// A number in `[0, 1)` that belongs to `label` under `seed`.
pub fn unit_interval(seed: u64, label: &str) -> f64 {
    // 53 bits fill the mantissa of an f64 exactly.
    (derive_seed(seed, label) >> 11) as f64 / (1_u64 << 53) as f64
}

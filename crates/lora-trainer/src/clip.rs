//! The global gradient norm and the factor that clips it.

use rayon::prelude::*;

/// Elements summed as one block: the order of the sum does not depend on the number of threads.
const BLOCK: usize = 1 << 14;

/// L2 norm over all gradients together, summed in f64.
pub fn global_norm(gradients: &[Vec<f32>]) -> f64 {
    gradients
        .iter()
        .map(|gradient| square_sum(gradient))
        .sum::<f64>()
        .sqrt()
}

/// Factor that brings gradients of norm `norm` down to at most `max_norm` (torch's formula).
pub fn clip_factor(norm: f64, max_norm: f64) -> f32 {
    (max_norm / (norm + 1e-6)).min(1.0) as f32
}

fn square_sum(values: &[f32]) -> f64 {
    let blocks: Vec<f64> = values
        .par_chunks(BLOCK)
        .map(|block| block.iter().map(|&x| f64::from(x) * f64::from(x)).sum())
        .collect();
    blocks.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norm_spans_all_tensors() {
        assert!((global_norm(&[vec![3.0], vec![0.0, 4.0]]) - 5.0).abs() < 1e-12);
    }

    #[test]
    fn only_long_gradients_are_shortened() {
        assert!((clip_factor(0.5, 1.0) - 1.0).abs() < f32::EPSILON);
        assert!((clip_factor(4.0, 1.0) - 0.25).abs() < 1e-6);
    }

    #[test]
    fn norm_does_not_depend_on_the_threads() {
        let values: Vec<f32> = (0..100_000).map(|i| (i as f32).sin()).collect();
        let norm = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| global_norm(std::slice::from_ref(&values)))
                .to_bits()
        };
        assert_eq!(norm(1), norm(3));
    }
}

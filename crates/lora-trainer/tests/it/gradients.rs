//! The gradient of the whole loss: complete, correct, and the same on any number of threads.

use lora_trainer::{Error, executor::Executor, loss::Loss, optimizer::AdamWConfig};
use persona_core::Silent;
use persona_model::Batch;

use test_support::{Stopping, executor, tensors};

use crate::support::{accumulate, batch, examples};

fn micros() -> Vec<Batch> {
    let tensors = tensors("sft/batch.safetensors");
    let examples = examples(&tensors, "", "labels_assistant_only");
    examples
        .iter()
        .map(std::slice::from_ref)
        .map(batch)
        .collect()
}

#[test]
fn reaches_every_adapter_tensor() {
    let mut executor = executor(AdamWConfig::default(), 1);
    accumulate(&mut executor, &micros(), None);
    for (values, gradient) in executor.values().unwrap().iter().zip(executor.gradients()) {
        assert!(
            gradient.iter().all(|value| value.is_finite()),
            "{}",
            values.name
        );
        assert!(
            gradient.iter().any(|value| *value != 0.0),
            "{} has no gradient",
            values.name
        );
    }
}

/// Central differences at the steepest entry of each tensor.
#[test]
fn agrees_with_finite_differences() {
    let (mut executor, micros) = (executor(AdamWConfig::default(), 1), micros());
    accumulate(&mut executor, &micros, None);
    let gradients = executor.gradients().to_vec();
    let variables = executor.model().variables().to_vec();
    let step = 5e-3_f32;
    for ((name, variable), gradient) in variables.iter().zip(&gradients) {
        let (entry, slope) = gradient
            .iter()
            .copied()
            .enumerate()
            .max_by(|left, right| left.1.abs().total_cmp(&right.1.abs()))
            .unwrap();
        let original = variable.as_tensor().copy().unwrap();
        let mut loss_at = |offset: f32| {
            let mut values: Vec<f32> = original.flatten_all().unwrap().to_vec1().unwrap();
            values[entry] += offset;
            let moved = candle_core::Tensor::from_vec(values, original.shape(), original.device());
            variable.set(&moved.unwrap()).unwrap();
            accumulate(&mut executor, &micros, None).loss
        };
        let measured = (loss_at(step) - loss_at(-step)) / f64::from(2.0 * step);
        variable.set(&original).unwrap();
        let off = (measured - f64::from(slope)).abs() / f64::from(slope.abs()).max(1e-3);
        assert!(off < 0.02, "{name}: {slope} is {measured}");
    }
}

#[test]
fn is_the_same_on_any_number_of_workers() {
    let micros = micros();
    let on = |workers| {
        let mut executor = executor(AdamWConfig::default(), workers);
        let found = accumulate(&mut executor, &micros, Some(5));
        (found, executor.gradients().to_vec())
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(3));
}

/// Gradients of two calls are summed for one step; a stop drops them.
#[test]
fn accumulates_over_calls_and_drops_all_after_a_stop() {
    let micros = micros();
    let mut parts = executor(AdamWConfig::default(), 2);
    let loss = |_: usize, log_probs: &[f32]| Loss {
        value: 1.0,
        gradient: vec![-0.5; log_probs.len()],
        figures: vec![log_probs.len() as f64],
    };
    for batch in micros.chunks(1) {
        parts.accumulate(batch, &[], &Silent, &loss).unwrap();
    }
    let mut whole = executor(AdamWConfig::default(), 2);
    let found = whole.accumulate(&micros, &[], &Silent, &loss).unwrap();
    assert!((found.loss - micros.len() as f64).abs() < 1e-12);
    let targets: usize = micros.iter().map(|batch| batch.targets.len()).sum();
    assert_eq!(found.figures, [targets as f64]);
    assert_eq!(parts.gradients(), whole.gradients());

    let stopped = whole.accumulate(&micros, &[], &Stopping::at(1), &loss);
    assert!(matches!(stopped, Err(Error::Stopped)));
    assert!(whole.gradients().is_empty());
    parts.step(1e-3, 1.0).unwrap();
    assert!(parts.gradients().is_empty());
}

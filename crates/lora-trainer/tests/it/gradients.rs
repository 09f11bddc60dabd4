//! The gradient of the whole loss: complete, right, and the same on any number of threads.

use lora_trainer::{
    batch::MicroBatch,
    engine::{Accumulated, Engine},
    evaluate::{mean_share, negative_log_likelihood},
    optimizer::AdamWConfig,
};

use test_support::{engine, tensors};

use crate::support::examples;

fn micros() -> Vec<MicroBatch> {
    let batch = tensors("sft/batch.safetensors");
    let examples = examples(&batch, "", "labels_assistant_only");
    examples
        .iter()
        .map(|example| MicroBatch::of([example]))
        .collect()
}

fn accumulate(engine: &Engine, micros: &[MicroBatch], dropout: Option<u64>) -> Accumulated {
    let targets = micros.iter().map(|micro| micro.targets.len()).sum();
    let loss = |model: &_, index: usize| {
        mean_share(
            &negative_log_likelihood(model, &micros[index], dropout)?,
            targets,
        )
    };
    engine.accumulate(micros.len(), loss).unwrap()
}

#[test]
fn reaches_every_adapter_tensor() {
    let engine = engine(AdamWConfig::default(), 1);
    let found = accumulate(&engine, &micros(), None);
    for (values, gradient) in engine.values().iter().zip(&found.gradients) {
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
    let (engine, micros) = (engine(AdamWConfig::default(), 1), micros());
    let found = accumulate(&engine, &micros, None);
    let step = 5e-3_f32;
    for (position, gradient) in found.gradients.iter().enumerate() {
        let (entry, slope) = gradient
            .iter()
            .copied()
            .enumerate()
            .max_by(|left, right| left.1.abs().total_cmp(&right.1.abs()))
            .unwrap();
        let variable = &engine.model().variables()[position].1;
        let original = variable.as_tensor().copy().unwrap();
        let loss_at = |offset: f32| {
            let mut values: Vec<f32> = original.flatten_all().unwrap().to_vec1().unwrap();
            values[entry] += offset;
            let moved = candle_core::Tensor::from_vec(values, original.shape(), original.device());
            variable.set(&moved.unwrap()).unwrap();
            accumulate(&engine, &micros, None).loss
        };
        let measured = (loss_at(step) - loss_at(-step)) / f64::from(2.0 * step);
        variable.set(&original).unwrap();
        let off = (measured - f64::from(slope)).abs() / f64::from(slope.abs()).max(1e-3);
        assert!(
            off < 0.02,
            "{}: {slope} is {measured}",
            engine.values()[position].name
        );
    }
}

#[test]
fn is_the_same_on_any_number_of_workers() {
    let micros = micros();
    let on = |workers| accumulate(&engine(AdamWConfig::default(), workers), &micros, Some(5));
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(3));
}

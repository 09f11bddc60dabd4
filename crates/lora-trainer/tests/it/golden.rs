//! The trainer of transformers, TRL and PEFT on the same batches.

use candle_core::{DType, Device, Tensor};
use lora_trainer::{
    batch::{Example, MicroBatch},
    engine::{Accumulated, Engine},
    evaluate::{mean_share, negative_log_likelihood},
    optimizer::AdamWConfig,
};

use test_support::{Trace, close, engine, json, number, tensors};

use crate::support::examples;

/// How much more than the fixtures' own float32 round-off ours may be: other kernels sum in another order.
const SLACK: f64 = 50.0;

fn accumulate(engine: &Engine, micros: &[MicroBatch]) -> Accumulated {
    let targets = micros.iter().map(|micro| micro.targets.len()).sum();
    let loss = |model: &_, index: usize| {
        mean_share(
            &negative_log_likelihood(model, &micros[index], None)?,
            targets,
        )
    };
    engine.accumulate(micros.len(), loss).unwrap()
}

#[test]
fn loss_and_gradient_norm_of_one_batch() {
    let (golden, noise) = (json("sft/sft.json"), json("sft/noise.json"));
    let batch = tensors("sft/batch.safetensors");
    for form in ["assistant_only", "completion_only"] {
        let expected = &golden["one_batch"][form];
        let micro = MicroBatch::of(&examples(&batch, "", &format!("labels_{form}")));
        assert_eq!(
            micro.targets.len() as u64,
            expected["loss_tokens"].as_u64().unwrap()
        );
        let found = accumulate(&engine(AdamWConfig::default(), 1), &[micro]);
        let tolerance = SLACK * number(&noise[format!("{form}: loss")]).max(1e-7);
        close(
            found.loss,
            number(&expected["loss_float64"]),
            tolerance,
            form,
        );
        let norm = lora_trainer::clip::global_norm(&found.gradients);
        close(norm, number(&expected["grad_norm"]), 1e-4, form);
    }
}

#[test]
fn every_adapter_gradient() {
    let (golden, noise) = (tensors("sft/grads.safetensors"), json("sft/noise.json"));
    let batch = tensors("sft/batch.safetensors");
    let micro = MicroBatch::of(&examples(&batch, "", "labels_assistant_only"));
    let engine = engine(AdamWConfig::default(), 1);
    let found = accumulate(&engine, &[micro]);
    let name = "assistant_only: worst gradient difference over that tensor's max |g|";
    let tolerance = SLACK * number(&noise[name]);
    assert_eq!(engine.values().len(), golden.names().count());
    for (values, gradient) in engine.values().iter().zip(&found.gradients) {
        let expected = golden
            .tensor(&values.name, DType::F32, &Device::Cpu)
            .unwrap();
        let worst = worst_difference(gradient, &expected) / largest(&expected);
        assert!(
            worst <= tolerance,
            "{}: off by {worst:e} > {tolerance:e}",
            values.name
        );
    }
}

#[test]
fn twenty_steps_of_the_trainer() {
    let trace = Trace::of("sft");
    let schedule = trace.schedule();
    let mut engine = engine(trace.optimizer(), 2);
    let loss_slack =
        SLACK * number(&trace.noise["trace: loss, trainer float32 vs by hand in float64"]);
    for (index, step) in trace.steps().iter().enumerate() {
        let micros: Vec<MicroBatch> = trace
            .micros(index)
            .map(|prefix| MicroBatch::of(&examples(&trace.batches, &prefix, "labels")))
            .collect();
        let found = accumulate(&engine, &micros);
        close(
            found.loss,
            number(&step["loss"]),
            loss_slack,
            &format!("loss of step {index}"),
        );
        let rate = schedule.rate(index);
        close(
            rate,
            number(&step["lr"]),
            1e-15,
            &format!("rate of step {index}"),
        );
        let norm = engine
            .update(
                &found.gradients,
                rate,
                number(&trace.record["max_grad_norm"]),
            )
            .unwrap();
        close(
            norm,
            number(&step["grad_norm"]),
            1e-4,
            &format!("norm of step {index}"),
        );
    }
    let (rms, moved) = trace.off(&engine);
    let tolerance = SLACK * number(&trace.noise["trace: final adapter, rms difference"]);
    assert!(
        rms <= tolerance.min(moved / 100.0),
        "adapter off by rms {rms:e}, moved {moved:e}"
    );
}

#[test]
fn packed_loss_is_the_unpacked_one() {
    let batch = tensors("sft/batch.safetensors");
    let examples = examples(&batch, "", "labels_assistant_only");
    let alone: Vec<MicroBatch> = examples
        .iter()
        .map(|example| MicroBatch::of([example]))
        .collect();
    let engine = engine(AdamWConfig::default(), 1);
    let (packed, alone) = (
        accumulate(&engine, &[MicroBatch::of(&examples)]),
        accumulate(&engine, &alone),
    );
    close(packed.loss, alone.loss, 1e-5, "loss");
    for (packed, alone) in packed.gradients.iter().zip(&alone.gradients) {
        let worst = packed
            .iter()
            .zip(alone)
            .map(|(p, a)| (p - a).abs())
            .max_by(f32::total_cmp)
            .unwrap();
        assert!(worst < 1e-4, "gradients differ by {worst:e}");
    }
}

/// Micro-batches with unlike numbers of targets: a mean of their means would be another number.
#[test]
fn window_loss_is_no_mean_of_means() {
    let batch = tensors("sft/batch.safetensors");
    let examples = examples(&batch, "", "labels_assistant_only");
    let engine = engine(AdamWConfig::default(), 1);
    let of = |examples: &[Example]| accumulate(&engine, &[MicroBatch::of(examples)]).loss;
    let (first, rest) = (of(&examples[..1]), of(&examples[1..]));
    let counts = [&examples[..1], &examples[1..]]
        .map(|part| part.iter().map(Example::targets).sum::<usize>() as f64);
    let window = accumulate(
        &engine,
        &[
            MicroBatch::of(&examples[..1]),
            MicroBatch::of(&examples[1..]),
        ],
    )
    .loss;
    let weighted = (first * counts[0] + rest * counts[1]) / (counts[0] + counts[1]);
    close(window, weighted, 1e-5, "weighted by targets");
    assert!((window - f64::midpoint(first, rest)).abs() > 1e-4);
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn worst_difference(found: &[f32], expected: &Tensor) -> f64 {
    let expected = flat(expected);
    assert_eq!(found.len(), expected.len());
    // In this order what is no number comes last: it is found, and fails.
    let pairs = found.iter().zip(expected);
    pairs
        .map(|(found, expected)| f64::from((found - expected).abs()))
        .max_by(f64::total_cmp)
        .unwrap()
}

fn largest(tensor: &Tensor) -> f64 {
    flat(tensor)
        .iter()
        .map(|value| f64::from(value.abs()))
        .max_by(f64::total_cmp)
        .unwrap()
}

//! The same batches as in the trainer of transformers, TRL and PEFT.

use candle_core::{DType, Device, Tensor};
use lora_trainer::{
    batch::Example, executor::Executor, executors::reference::ReferenceExecutor,
    optimizer::AdamWConfig,
};
use persona_model::Batch;

use test_support::{Trace, close, executor, json, number, tensors};

use crate::support::{accumulate, batch, examples};

/// Largest difference, in multiples of the fixtures' own float32 round-off: other kernels sum in another order.
const SLACK: f64 = 50.0;

/// Loss of a training window on a fresh executor, and the executor with its gradients.
fn window(batches: &[Batch]) -> (f64, ReferenceExecutor) {
    let mut executor = executor(AdamWConfig::default(), 1);
    let loss = accumulate(&mut executor, batches, None).loss;
    (loss, executor)
}

#[test]
fn loss_and_gradient_norm_of_one_batch() {
    let (golden, noise) = (json("sft/sft.json"), json("sft/noise.json"));
    let tensors = tensors("sft/batch.safetensors");
    for form in ["assistant_only", "completion_only"] {
        let expected = &golden["one_batch"][form];
        let micro = batch(&examples(&tensors, "", &format!("labels_{form}")));
        assert_eq!(
            micro.targets.len() as u64,
            expected["loss_tokens"].as_u64().unwrap()
        );
        let (loss, executor) = window(&[micro]);
        let tolerance = SLACK * number(&noise[format!("{form}: loss")]).max(1e-7);
        close(loss, number(&expected["loss_float64"]), tolerance, form);
        let norm = lora_trainer::clip::global_norm(executor.gradients());
        close(norm, number(&expected["grad_norm"]), 1e-4, form);
    }
}

#[test]
fn every_adapter_gradient() {
    let (golden, noise) = (tensors("sft/grads.safetensors"), json("sft/noise.json"));
    let examples = examples(
        &tensors("sft/batch.safetensors"),
        "",
        "labels_assistant_only",
    );
    let (_, executor) = window(&[batch(&examples)]);
    let values = executor.values().unwrap();
    let name = "assistant_only: worst gradient difference over that tensor's max |g|";
    let tolerance = SLACK * number(&noise[name]);
    assert_eq!(values.len(), golden.names().count());
    for (values, gradient) in values.iter().zip(executor.gradients()) {
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
    let mut executor = executor(trace.optimizer(), 2);
    let loss_slack =
        SLACK * number(&trace.noise["trace: loss, trainer float32 vs by hand in float64"]);
    for (index, step) in trace.steps().iter().enumerate() {
        let micros: Vec<Batch> = trace
            .micros(index)
            .map(|prefix| batch(&examples(&trace.batches, &prefix, "labels")))
            .collect();
        let found = accumulate(&mut executor, &micros, None);
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
        let norm = executor
            .step(rate, number(&trace.record["max_grad_norm"]))
            .unwrap();
        close(
            norm,
            number(&step["grad_norm"]),
            1e-4,
            &format!("norm of step {index}"),
        );
    }
    let (rms, moved) = trace.off(&executor.values().unwrap());
    let tolerance = SLACK * number(&trace.noise["trace: final adapter, rms difference"]);
    assert!(
        rms <= tolerance.min(moved / 100.0),
        "adapter off by rms {rms:e}, moved {moved:e}"
    );
}

#[test]
fn packed_loss_is_the_unpacked_one() {
    let examples = examples(
        &tensors("sft/batch.safetensors"),
        "",
        "labels_assistant_only",
    );
    let alone: Vec<Batch> = examples
        .iter()
        .map(std::slice::from_ref)
        .map(batch)
        .collect();
    let (packed_loss, packed) = window(&[batch(&examples)]);
    let (alone_loss, alone) = window(&alone);
    close(packed_loss, alone_loss, 1e-5, "loss");
    for (packed, alone) in packed.gradients().iter().zip(alone.gradients()) {
        let worst = packed
            .iter()
            .zip(alone)
            .map(|(p, a)| (p - a).abs())
            .max_by(f32::total_cmp)
            .unwrap();
        assert!(worst < 1e-4, "gradients differ by {worst:e}");
    }
}

/// Micro-batches with different numbers of targets: the mean of their means would be another number.
#[test]
fn window_loss_is_no_mean_of_means() {
    let examples = examples(
        &tensors("sft/batch.safetensors"),
        "",
        "labels_assistant_only",
    );
    let parts = [&examples[..1], &examples[1..]];
    let [first, rest] = parts.map(|examples| window(&[batch(examples)]).0);
    let counts = parts.map(|part| part.iter().map(Example::targets).sum::<usize>() as f64);
    let window = window(&parts.map(batch)).0;
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

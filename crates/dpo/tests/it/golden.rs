//! The same batches as in TRL's DPO.

use candle_core::{DType, Device};
use dpo::{
    loss::{LossKind, PairRatios, PreferenceLoss},
    pairs::{EncodedPair, answers, pack_pairs},
    policy::{AnswerLogProbs, answer_log_prob, log_probs_of},
    recipe::{micro_loss, name_figures},
};
use lora_trainer::{
    batch::{Example, batch_of},
    clip::global_norm,
    executor::{Accumulated, Executor},
    executors::reference::ReferenceExecutor,
    loss::negative_log_likelihood,
    optimizer::AdamWConfig,
};
use persona_core::Silent;
use persona_model::Batch;

use test_support::{
    Trace, base_executor_of, close, executor, fixtures, floats, json, number, tensors,
};

use crate::support::pairs;

/// Largest difference, in multiples of the fixtures' own float32 round-off: other kernels sum in another order.
const SLACK: f64 = 50.0;

const METRICS: [&str; 6] = [
    "rewards/chosen",
    "rewards/rejected",
    "rewards/accuracies",
    "rewards/margins",
    "logps/chosen",
    "logps/rejected",
];

fn sigmoid(beta: f64) -> PreferenceLoss {
    PreferenceLoss {
        kind: LossKind::Sigmoid,
        beta,
        label_smoothing: 0.0,
    }
}

/// Log-probabilities under the base, which is the reference of the fixtures.
fn base_log_probs(pairs: &[EncodedPair]) -> AnswerLogProbs {
    let executor = base_executor_of(&fixtures(), 2);
    log_probs_of(&executor, pairs, 4096, "", &Silent).unwrap()
}

fn accumulate(
    executor: &mut ReferenceExecutor,
    pairs: &[EncodedPair],
    reference: &AnswerLogProbs,
    beta: f64,
    budget: usize,
) -> Accumulated {
    let all: Vec<usize> = (0..pairs.len()).collect();
    let batches = pack_pairs(pairs, &all, budget, false).unwrap();
    let loss = |index: usize, log_probs: &[f32]| {
        micro_loss(
            &batches[index],
            log_probs,
            reference,
            &sigmoid(beta),
            pairs.len(),
        )
    };
    executor.accumulate(&batches, &[], &Silent, &loss).unwrap()
}

#[test]
fn log_probabilities_of_policy_and_reference() {
    let batch = tensors("dpo/batch.safetensors");
    let pairs = pairs(&batch, "");
    let executor = executor(AdamWConfig::default(), 2);
    let policy = log_probs_of(&executor, &pairs, 256, "", &Silent).unwrap();
    let reference = base_log_probs(&pairs);
    let tolerance = 10.0 * number(&json("dpo/noise.json")["policy logps, max abs"]).max(2e-5);
    for (found, name) in [(policy, "policy_logps"), (reference, "reference_logps")] {
        let found = [found.chosen, found.rejected].concat();
        for (found, expected) in found.iter().zip(floats(&batch, name)) {
            close(f64::from(*found), f64::from(expected), tolerance, name);
        }
    }
}

#[test]
fn loss_rewards_and_gradients_of_one_batch() {
    let (golden, noise) = (json("dpo/dpo.json"), json("dpo/noise.json"));
    let expected = &golden["one_batch"];
    let batch = tensors("dpo/batch.safetensors");
    let pairs = pairs(&batch, "");
    let mut executor = executor(AdamWConfig::default(), 2);
    let reference = base_log_probs(&pairs);
    let beta = number(&expected["beta"]);
    let found = accumulate(&mut executor, &pairs, &reference, beta, 4096);
    close(
        found.loss,
        number(&expected["loss"]),
        SLACK * number(&noise["loss"]),
        "loss",
    );
    let figures = name_figures(&found.figures);
    for name in METRICS {
        let tolerance = if name.starts_with("logps") {
            1e-3
        } else {
            1e-4
        };
        close(
            number(&figures[name]),
            number(&expected["trl_batch_means"][name]),
            tolerance,
            name,
        );
    }
    close(
        global_norm(executor.gradients()),
        number(&expected["grad_norm"]),
        1e-3,
        "norm",
    );
    let golden = tensors("dpo/grads.safetensors");
    let tolerance = SLACK * number(&noise["worst gradient difference over that tensor's max |g|"]);
    for (values, gradient) in executor.values().unwrap().iter().zip(executor.gradients()) {
        let expected = golden
            .tensor(&values.name, DType::F32, &Device::Cpu)
            .unwrap();
        let expected: Vec<f32> = expected.flatten_all().unwrap().to_vec1().unwrap();
        let largest = expected
            .iter()
            .map(|value| value.abs())
            .max_by(f32::total_cmp)
            .unwrap();
        let worst = gradient
            .iter()
            .zip(&expected)
            .map(|(f, e)| (f - e).abs())
            .max_by(f32::total_cmp)
            .unwrap();
        let off = f64::from(worst / largest);
        assert!(
            off <= tolerance,
            "{}: off by {off:e} > {tolerance:e}",
            values.name
        );
    }
}

#[test]
fn loss_variants() {
    let golden = json("dpo/dpo.json");
    let batch = tensors("dpo/batch.safetensors");
    let pairs = pairs(&batch, "");
    let (policy, reference) = (
        floats(&batch, "policy_logps"),
        floats(&batch, "reference_logps"),
    );
    let ratio = |row: usize| f64::from(policy[row]) - f64::from(reference[row]);
    let ratios: Vec<PairRatios> = pairs
        .iter()
        .enumerate()
        .map(|(index, pair)| PairRatios {
            chosen: ratio(index),
            rejected: ratio(index + pairs.len()),
            chosen_tokens: pair.chosen.len(),
            rejected_tokens: pair.rejected.len(),
        })
        .collect();
    for (name, kind, beta, label_smoothing) in [
        ("sigmoid beta=0.1", LossKind::Sigmoid, 0.1, 0.0),
        ("sigmoid beta=0.5", LossKind::Sigmoid, 0.5, 0.0),
        ("ipo beta=0.1", LossKind::Ipo, 0.1, 0.0),
        ("ipo beta=0.5", LossKind::Ipo, 0.5, 0.0),
        ("hinge beta=0.1", LossKind::Hinge, 0.1, 0.0),
        (
            "robust beta=0.1 label_smoothing=0.1",
            LossKind::Robust,
            0.1,
            0.1,
        ),
        (
            "cDPO: sigmoid beta=0.1 label_smoothing=0.1 (formula of older TRL)",
            LossKind::Conservative,
            0.1,
            0.1,
        ),
    ] {
        let loss = PreferenceLoss {
            kind,
            beta,
            label_smoothing,
        };
        let sum: f64 = ratios.iter().map(|ratios| loss.of(ratios).value).sum();
        let found = sum / ratios.len() as f64;
        let expected = number(&golden["loss_variants_same_batch"][name]);
        close(found, expected, 1e-5 * expected.abs().max(1.0), name);
    }
}

#[test]
fn ten_steps_of_the_trainer() {
    let trace = Trace::of("dpo");
    let schedule = trace.schedule();
    let mut executor = executor(trace.optimizer(), 2);
    let slack = SLACK * number(&trace.noise["trace: loss, trainer float32 vs by hand in float64"]);
    for (index, step) in trace.steps().iter().enumerate() {
        let all: Vec<EncodedPair> = trace
            .micros(index)
            .flat_map(|prefix| pairs(&trace.batches, &prefix))
            .collect();
        let reference = base_log_probs(&all);
        let found = accumulate(
            &mut executor,
            &all,
            &reference,
            number(&trace.record["beta"]),
            400,
        );
        close(
            found.loss,
            number(&step["loss"]),
            slack,
            &format!("loss of step {index}"),
        );
        let figures = name_figures(&found.figures);
        for name in METRICS {
            let what = format!("{name} of step {index}");
            close(number(&figures[name]), number(&step[name]), 1e-3, &what);
        }
        let rate = schedule.rate(index);
        close(rate, number(&step["lr"]), 1e-15, "rate");
        let norm = executor.step(rate, 1.0).unwrap();
        close(
            norm,
            number(&step["grad_norm"]),
            1e-3,
            &format!("norm of step {index}"),
        );
    }
    let (rms, moved) = trace.off(&executor.values().unwrap());
    assert!(
        rms <= moved / 1000.0,
        "adapter off by rms {rms:e}, moved {moved:e}"
    );
}

/// Two branches of one prompt give the same as two whole sequences.
#[test]
fn branches_are_exact() {
    let pairs = pairs(&tensors("dpo/batch.safetensors"), "");
    let executor = executor(AdamWConfig::default(), 2);
    let log_probs = |batch: &Batch| {
        let mut found = Vec::new();
        let batches = std::slice::from_ref(batch);
        let mut take = |_, log_probs| found = log_probs;
        executor.log_probs(batches, &Silent, &mut take).unwrap();
        found
    };
    for pair in &pairs {
        let batches = pack_pairs(std::slice::from_ref(pair), &[0], 4096, false).unwrap();
        let tree = log_probs(&batches[0]);
        let ranges = answers(&batches[0]).next().unwrap();
        for (range, answer) in [
            (ranges.chosen, &pair.chosen),
            (ranges.rejected, &pair.rejected),
        ] {
            let plain = Example {
                ids: [pair.prompt.as_slice(), answer].concat(),
                mask: [vec![false; pair.prompt.len()], vec![true; answer.len()]].concat(),
            };
            let expected = -negative_log_likelihood(&log_probs(&batch_of([(0, &plain)])));
            close(
                f64::from(answer_log_prob(&tree[range.clone()])),
                expected,
                1e-4,
                "log-probability",
            );
        }
    }
}

//! ORPO and KTO against TRL: the losses alone, and on the fixture model.

use dpo::{
    kto::{self, JudgedAnswer, Kto, KtoWindow, kl_estimate, pack_judged, pack_mismatched},
    orpo::{self, Orpo, OrpoWeights, likelihood_targets},
    pairs::{EncodedPair, pack_pairs},
    policy::answer_log_prob,
};
use lora_trainer::{
    clip::global_norm, executor::Executor, executors::reference::ReferenceExecutor, loss::Loss,
    metrics::Figures, optimizer::AdamWConfig,
};
use persona_core::Silent;
use persona_model::Batch;
use serde_json::Value;

use test_support::{
    base_executor_of, close, executor, executor_of, json, number, own_fixtures, own_json, rows,
    tensors,
};

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    let values = list(value).iter();
    values.map(|value| number(value) as f32).collect()
}

fn ids(value: &Value) -> Vec<u32> {
    let values = list(value).iter();
    values.map(|id| id.as_u64().unwrap() as u32).collect()
}

/// Asserts that every figure of TRL is there with the same value.
fn same_figures(found: &Figures, expected: &Value, tolerance: f64, what: &str) {
    for (name, expected) in expected.as_object().unwrap() {
        if name.starts_with("logits") {
            continue;
        }
        let found = found
            .get(name)
            .unwrap_or_else(|| panic!("{what}: no `{name}`"));
        let expected = number(expected);
        let tolerance = tolerance * expected.abs().max(1.0);
        close(
            number(found),
            expected,
            tolerance,
            &format!("{what}: {name}"),
        );
    }
}

fn same_loss(found: &Loss, case: &Value, expected: &[f32], tolerance: f64) {
    let name = case["name"].as_str().unwrap();
    let loss = number(&case["loss"]);
    close(found.value, loss, tolerance * loss.abs().max(1.0), name);
    assert_eq!(found.gradient.len(), expected.len(), "{name}");
    for (found, expected) in found.gradient.iter().zip(expected) {
        let what = format!("slope of {name}");
        close(f64::from(*found), f64::from(*expected), tolerance, &what);
    }
}

/// Log-probability of each answer in `batches`, summed over its tokens, by the owner's position.
fn sums(executor: &ReferenceExecutor, batches: &[Batch], count: usize) -> Vec<f32> {
    let mut found = vec![0.0; count];
    let mut take = |index: usize, log_probs: Vec<f32>| {
        for (span, log_probs) in batches[index].parts(&log_probs) {
            found[span.owner] = answer_log_prob(log_probs);
        }
    };
    executor.log_probs(batches, &Silent, &mut take).unwrap();
    found
}

fn constants(case: &Value) -> Kto {
    Kto {
        beta: number(&case["beta"]),
        desirable_weight: number(&case["desirable_weight"]),
        undesirable_weight: number(&case["undesirable_weight"]),
    }
}

#[test]
fn kto_losses_gradients_and_figures() {
    for case in list(&own_json("kto/kto.json")["cases"]) {
        let answers = list(&case["answers"]);
        let judged: Vec<JudgedAnswer> = answers
            .iter()
            .map(|answer| JudgedAnswer {
                prompt: vec![0],
                answer: vec![0; list(&answer["log_probs"]).len()],
                liked: answer["liked"].as_bool().unwrap(),
            })
            .collect();
        let column = |name: &str| -> Vec<f32> {
            let values = answers.iter();
            values.map(|answer| number(&answer[name]) as f32).collect()
        };
        let kl = kl_estimate(
            &column("mismatched_policy"),
            &column("mismatched_reference"),
        );
        let window = KtoWindow {
            answers: &judged,
            reference: &column("reference"),
            kl,
            weight: judged.len(),
        };
        let all: Vec<usize> = (0..judged.len()).collect();
        let batches = pack_judged(&judged, &all, 1000).unwrap();
        let [batch] = batches.as_slice() else {
            panic!("one batch holds all")
        };
        let joined = |name: &str| -> Vec<f32> {
            let values = answers.iter();
            values.flat_map(|answer| numbers(&answer[name])).collect()
        };
        let found = constants(case).micro_loss(batch, &joined("log_probs"), window);
        same_loss(&found, case, &joined("gradient"), 1e-6);
        let name = case["name"].as_str().unwrap();
        same_figures(
            &kto::name_figures(&found.figures),
            &case["metrics"],
            1e-6,
            name,
        );
    }
}

/// Uses the model of the repository, whatever other golden files are tested with.
#[test]
fn kto_on_the_fixture_model() {
    let golden = own_json("kto/kto.json")["model"].clone();
    let judged: Vec<JudgedAnswer> = list(&golden["answers"])
        .iter()
        .map(|answer| JudgedAnswer {
            prompt: ids(&answer["prompt"]),
            answer: ids(&answer["answer"]),
            liked: answer["liked"].as_bool().unwrap(),
        })
        .collect();
    let all: Vec<usize> = (0..judged.len()).collect();
    let mut executor = executor_of(&own_fixtures(), AdamWConfig::default(), 2);
    let mismatched = pack_mismatched(&judged, &all, 200).unwrap();
    let batches = pack_judged(&judged, &all, 200).unwrap();
    assert!(batches.len() > 1);
    let policy = sums(&executor, &mismatched, judged.len());
    let base = base_executor_of(&own_fixtures(), 2);
    let kl = kl_estimate(&policy, &sums(&base, &mismatched, judged.len()));
    let reference = sums(&base, &batches, judged.len());
    let window = KtoWindow {
        answers: &judged,
        reference: &reference,
        kl,
        weight: judged.len(),
    };
    let kto = constants(&golden);
    let loss = |index: usize, log_probs: &[f32]| kto.micro_loss(&batches[index], log_probs, window);
    let found = executor.accumulate(&batches, &[], &Silent, &loss).unwrap();
    close(found.loss, number(&golden["loss"]), 1e-5, "loss");
    let norm = global_norm(executor.gradients());
    close(norm, number(&golden["grad_norm"]), 1e-3, "gradient norm");
    same_figures(
        &kto::name_figures(&found.figures),
        &golden["metrics"],
        1e-4,
        "kto",
    );
}

#[test]
fn orpo_losses_gradients_and_figures() {
    for case in list(&own_json("orpo/orpo.json")["cases"]) {
        let parts = |value: &Value| -> Vec<f32> {
            let parts = ["prompt", "chosen", "rejected"].iter();
            parts.flat_map(|part| numbers(&value[part])).collect()
        };
        let (mut pairs, mut log_probs, mut gradient) = (Vec::new(), Vec::new(), Vec::new());
        for pair in list(&case["pairs"]) {
            let tokens = |part: &str, more: usize| vec![0; list(&pair[part]).len() + more];
            pairs.push(EncodedPair {
                prompt: tokens("prompt", 1),
                chosen: tokens("chosen", 0),
                rejected: tokens("rejected", 0),
            });
            log_probs.extend(parts(pair));
            gradient.extend(parts(&pair["gradient"]));
        }
        let all: Vec<usize> = (0..pairs.len()).collect();
        let batches = pack_pairs(&pairs, &all, 1000, true).unwrap();
        let [batch] = batches.as_slice() else {
            panic!("one batch holds all")
        };
        let weights = OrpoWeights {
            pairs: pairs.len(),
            tokens: likelihood_targets(batch),
        };
        let orpo = Orpo {
            beta: number(&case["beta"]),
        };
        let found = orpo.micro_loss(batch, &log_probs, weights);
        same_loss(&found, case, &gradient, 2e-6);
        let name = case["name"].as_str().unwrap();
        same_figures(
            &orpo::name_figures(&found.figures),
            &case["metrics"],
            2e-6,
            name,
        );
    }
}

#[test]
fn orpo_on_the_fixture_model() {
    let golden = &json("dpo/dpo.json")["orpo"];
    let batch = tensors("dpo/orpo_batch.safetensors");
    let [input_ids, attended, labels] =
        ["input_ids", "attention_mask", "labels"].map(|name| rows(&batch, name));
    let side = |row: usize, answer: bool| -> Vec<u32> {
        (0..input_ids[row].len())
            .filter(|&at| attended[row][at] == 1 && (labels[row][at] != -100) == answer)
            .map(|at| input_ids[row][at] as u32)
            .collect()
    };
    let count = input_ids.len() / 2;
    let pairs: Vec<EncodedPair> = (0..count)
        .map(|row| EncodedPair {
            prompt: side(row, false),
            chosen: side(row, true),
            rejected: side(row + count, true),
        })
        .collect();
    let all: Vec<usize> = (0..count).collect();
    let batches = pack_pairs(&pairs, &all, 300, true).unwrap();
    assert!(batches.len() > 1);
    let weights = OrpoWeights {
        pairs: count,
        tokens: batches.iter().map(likelihood_targets).sum(),
    };
    let orpo = Orpo {
        beta: number(&golden["beta"]),
    };
    let loss =
        |index: usize, log_probs: &[f32]| orpo.micro_loss(&batches[index], log_probs, weights);
    let mut executor = executor(AdamWConfig::default(), 2);
    let found = executor.accumulate(&batches, &[], &Silent, &loss).unwrap();
    close(found.loss, number(&golden["loss"]), 1e-4, "loss");
    same_figures(
        &orpo::name_figures(&found.figures),
        &golden["metrics"],
        1e-4,
        "orpo",
    );
}

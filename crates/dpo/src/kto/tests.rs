//! KTO by hand, and its gradient by central differences.

use super::*;

const KTO: Kto = Kto {
    beta: 0.5,
    desirable_weight: 1.0,
    undesirable_weight: 3.0,
};

fn judged(prompt: &[u32], answer: &[u32], liked: bool) -> JudgedAnswer {
    JudgedAnswer {
        prompt: prompt.to_vec(),
        answer: answer.to_vec(),
        liked,
    }
}

fn all() -> Vec<JudgedAnswer> {
    vec![
        judged(&[1, 2], &[3, 4], true),
        judged(&[5], &[6], false),
        judged(&[7, 8], &[9], true),
    ]
}

/// z = −3 − (−5) = 2 for a liked answer, −2 − (−1) = −1 for a disliked one; KL = 1.
#[test]
fn by_hand() {
    let answers = &all()[..2];
    let batches = pack_judged(answers, &[0, 1], 100).unwrap();
    let window = KtoWindow {
        answers,
        reference: &[-5.0, -1.0],
        kl: 1.0,
        weight: 2,
    };
    // Positions in a batch ascend, so that the first answer comes first.
    let found = KTO.micro_loss(&batches[0], &[-1.0, -2.0, -2.0], window);
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    // 1 − σ(0.5·(2 − 1)) and 3·(1 − σ(0.5·(1 − (−1)))).
    let expected = f64::midpoint(1.0 - sigmoid(0.5), 3.0 * (1.0 - sigmoid(1.0)));
    assert!((found.value - expected).abs() < 1e-12, "{}", found.value);
    let liked = -0.5 * 0.5 * sigmoid(0.5) * sigmoid(-0.5);
    let disliked = 0.5 * 3.0 * 0.5 * sigmoid(1.0) * sigmoid(-1.0);
    assert_eq!(
        found.gradient,
        [liked as f32, liked as f32, disliked as f32]
    );
    let named = name_figures(&found.figures);
    for (name, expected) in [
        ("rewards/chosen", 1.0),
        ("rewards/rejected", -0.5),
        ("rewards/margins", 1.5),
        ("logps/chosen", -3.0),
        ("logps/rejected", -2.0),
        ("kl", 1.0),
    ] {
        let found = named[name].as_f64().unwrap();
        assert!((found - expected).abs() < 1e-12, "{name}: {found}");
    }
}

#[test]
fn gradient_is_the_central_difference() {
    let answers = all();
    let batch = &pack_judged(&answers, &[2, 0, 1], 100).unwrap()[0];
    let window = KtoWindow {
        answers: &answers,
        reference: &[-5.0, -1.0, -0.5],
        kl: 0.25,
        weight: 5,
    };
    let log_probs = [-1.0_f32, -2.0, -3.5, -0.75];
    let found = KTO.micro_loss(batch, &log_probs, window);
    for index in 0..log_probs.len() {
        let step = 1.0 / 256.0;
        let at = |offset: f32| {
            let mut moved = log_probs;
            moved[index] += offset;
            KTO.micro_loss(batch, &moved, window).value
        };
        let measured = (at(step) - at(-step)) / f64::from(2.0 * step);
        let slope = f64::from(found.gradient[index]);
        assert!(
            (slope - measured).abs() < 1e-6,
            "{index}: {slope} is {measured}"
        );
    }
}

#[test]
fn every_prompt_meets_the_answer_of_the_one_before_it() {
    let answers = all();
    let batches = pack_mismatched(&answers, &[2, 0, 1], 100).unwrap();
    let mut found: Vec<(usize, Vec<u32>)> = batches
        .iter()
        .flat_map(|batch| batch.parts(&batch.targets))
        .map(|(span, targets)| (span.owner, targets.to_vec()))
        .collect();
    found.sort();
    assert_eq!(found, [(0, vec![9]), (1, vec![3, 4]), (2, vec![6])]);
}

#[test]
fn distance_from_the_reference_is_never_negative() {
    assert!((kl_estimate(&[-1.0, -2.0], &[-2.0, -5.0]) - 2.0).abs() < 1e-12);
    assert!(kl_estimate(&[-3.0], &[-1.0]).abs() < 1e-12);
    assert!(kl_estimate(&[], &[]).abs() < 1e-12);
}

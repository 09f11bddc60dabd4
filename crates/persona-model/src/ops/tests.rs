//! Every fused operation against its twin of candle operations, and its backward against finite differences.

use std::sync::Arc;

use candle_core::{Device, Result, Tensor, Var};
use proptest::prelude::*;

use super::{
    attention::{self, HeadShape},
    cross_entropy,
    linear::{frozen_linear, trained_linear},
    lora::{self, Dropout, LoraFactors},
    rms_norm, rope, swiglu, to_values,
};
use crate::segments::{Segment, Segments};

/// Pseudo-random values in ±1 that differ for every `salt`.
fn noise(salt: usize, shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|i| ((i * 7919 + salt * 104_729) % 2003) as f32 / 1001.0 - 1.0)
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn var(salt: usize, shape: &[usize]) -> Var {
    Var::from_tensor(&noise(salt, shape)).unwrap()
}

fn close(found: &Tensor, expected: &Tensor, tolerance: f32) {
    assert_eq!(found.dims(), expected.dims());
    for (index, (f, e)) in to_values(found)
        .unwrap()
        .iter()
        .zip(to_values(expected).unwrap())
        .enumerate()
    {
        assert!(
            (f - e).abs() <= tolerance * (1.0 + e.abs()),
            "element {index}: {f} against {e}"
        );
    }
}

/// Both forms must give the same values and the same gradients of a weighted sum of them.
fn check(
    vars: &[Var],
    fused: impl Fn(&[Tensor]) -> Result<Tensor>,
    twin: impl Fn(&[Tensor]) -> Result<Tensor>,
) {
    let inputs: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let (fused_y, twin_y) = (fused(&inputs).unwrap(), twin(&inputs).unwrap());
    close(&fused_y, &twin_y, 2e-5);
    let weights = noise(99, fused_y.dims());
    let gradients = |y: &Tensor| {
        (y * &weights)
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap()
    };
    let (fused_g, twin_g) = (gradients(&fused_y), gradients(&twin_y));
    for var in vars {
        close(
            fused_g.get(var).expect("fused gradient"),
            twin_g.get(var).expect("twin gradient"),
            5e-5,
        );
    }
    finite_differences(vars, &fused, &weights);
}

/// `(f(x + h) − f(x − h)) / 2h` for some elements of every input.
fn finite_differences(vars: &[Var], f: &impl Fn(&[Tensor]) -> Result<Tensor>, weights: &Tensor) {
    let value = |inputs: &[Tensor]| -> f64 {
        let y = to_values(&f(inputs).unwrap()).unwrap();
        y.iter()
            .zip(to_values(weights).unwrap())
            .map(|(y, w)| f64::from(*y) * f64::from(w))
            .sum()
    };
    let inputs: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let store = (f(&inputs).unwrap() * weights)
        .unwrap()
        .sum_all()
        .unwrap()
        .backward()
        .unwrap();
    for (index, var) in vars.iter().enumerate() {
        let gradient = to_values(store.get(var).unwrap()).unwrap();
        for element in (0..gradient.len()).step_by(gradient.len().div_ceil(5)) {
            let shifted = |step: f32| {
                let mut values = to_values(&inputs[index]).unwrap();
                values[element] += step;
                let mut inputs = inputs.clone();
                inputs[index] = Tensor::from_vec(values, var.shape(), &Device::Cpu).unwrap();
                value(&inputs)
            };
            let step = 5e-3;
            let slope = (shifted(step) - shifted(-step)) / (2.0 * f64::from(step));
            let found = f64::from(gradient[element]);
            assert!(
                (slope - found).abs() < 2e-2 * (1.0 + found.abs()),
                "input {index}: {found} against {slope}"
            );
        }
    }
}

#[test]
fn rms_norm_agrees() {
    check(
        &[var(1, &[5, 8]), var(2, &[8])],
        |x| rms_norm(&x[0], &x[1], 1e-6),
        |x| rms_norm::composed(&x[0], &x[1], 1e-6),
    );
}

#[test]
fn rope_agrees() {
    let table = rope::RopeTable::new(&[0, 1, 2, 7, 3], 8, 10_000.0);
    check(
        &[var(3, &[5, 16])],
        |x| rope(&x[0], &table),
        |x| rope::composed(&x[0], &table),
    );
}

#[test]
fn swiglu_agrees() {
    check(
        &[var(4, &[5, 8]), var(5, &[5, 8])],
        |x| swiglu(&x[0], &x[1]),
        |x| swiglu::composed(&x[0], &x[1]),
    );
}

#[test]
fn linear_agrees() {
    let (weight, bias) = (noise(6, &[7, 8]), noise(7, &[7]));
    let plain = |x: &[Tensor]| x[0].matmul(&weight.t()?)?.broadcast_add(&bias);
    check(
        &[var(8, &[5, 8])],
        |x| frozen_linear(&x[0], &weight, Some(&bias)),
        plain,
    );
    let plain = |x: &[Tensor]| x[0].matmul(&x[1].t()?)?.broadcast_add(&x[2]);
    let vars = [var(8, &[5, 8]), var(6, &[7, 8]), var(7, &[7])];
    check(&vars, |x| trained_linear(&x[0], &x[1], Some(&x[2])), plain);
}

#[test]
fn lora_agrees_with_and_without_dropout() {
    let (weight, bias) = (noise(9, &[7, 8]), noise(10, &[7]));
    for dropout in [None, Some(Dropout { seed: 3, rate: 0.4 })] {
        let factors = |x: &[Tensor]| LoraFactors {
            a: x[1].clone(),
            b: x[2].clone(),
            scale: 1.5,
        };
        check(
            &[var(11, &[5, 8]), var(12, &[3, 8]), var(13, &[7, 3])],
            |x| super::lora_linear(&x[0], &weight, Some(&bias), &factors(x), dropout),
            |x| lora::composed(&x[0], &weight, Some(&bias), &factors(x), dropout),
        );
    }
}

#[test]
fn dropout_drops_about_its_rate_and_differs_by_seed() {
    let ones = vec![1.0; 100_000];
    let mask = |seed| {
        Tensor::from_vec(
            Dropout { seed, rate: 0.1 }.apply(&ones),
            100_000,
            &Device::Cpu,
        )
        .unwrap()
    };
    let first = to_values(&mask(1)).unwrap();
    let dropped = first.iter().filter(|value| **value == 0.0).count();
    assert!((9_500..10_500).contains(&dropped), "{dropped}");
    assert_ne!(first, to_values(&mask(2)).unwrap());
    assert_eq!(first, to_values(&mask(1)).unwrap());
}

const SHAPE: HeadShape = HeadShape {
    heads: 4,
    key_value_heads: 2,
    head_dim: 4,
};

fn check_attention(segments: &Segments) {
    let tokens = segments.tokens();
    let vars = [
        var(14, &[tokens, 16]),
        var(15, &[tokens, 8]),
        var(16, &[tokens, 8]),
    ];
    let shared = Arc::new(segments.clone());
    check(
        &vars,
        |x| attention::attention(&x[0], &x[1], &x[2], SHAPE, &shared),
        |x| attention::composed(&x[0], &x[1], &x[2], SHAPE, segments),
    );
}

#[test]
fn attention_agrees_on_packed_examples() {
    check_attention(&Segments::packed(&[3, 1, 5]));
}

#[test]
fn attention_agrees_on_blocks_longer_than_one() {
    check_attention(&Segments::packed(&[140, 20]));
}

#[test]
fn attention_agrees_on_branches_of_one_prompt() {
    check_attention(&Segments::branches(4, &[3, 2]).unwrap());
    let trunk = |queries, context: &[std::ops::Range<usize>], position| Segment {
        queries,
        context: context.to_vec(),
        position,
    };
    let tree = vec![
        trunk(0..3, &[], 0),
        trunk(3..6, &[1..3], 3),
        trunk(6..8, &[0..2, 3..5], 5),
    ];
    check_attention(&Segments::new(0, tree).unwrap());
}

#[test]
fn segments_that_overlap_or_leave_the_keys_are_refused() {
    let segment = |queries, context: &[std::ops::Range<usize>]| Segment {
        queries,
        context: context.to_vec(),
        position: 0,
    };
    assert!(Segments::new(0, vec![segment(0..2, &[]), segment(3..4, &[])]).is_err());
    assert!(Segments::new(0, vec![segment(0..2, &[1..3])]).is_err());
    assert!(Segments::new(2, vec![segment(0..2, &[0..5])]).is_err());
    assert!(Segments::new(2, vec![segment(0..2, &[0..2])]).is_ok());
}

#[test]
fn log_probs_agree_with_frozen_and_trained_heads() {
    let targets = [2, 0, 10, 5, 2];
    let head = noise(17, &[11, 8]);
    check(
        &[var(18, &[5, 8])],
        |x| cross_entropy::log_probs(&x[0], &head, &targets),
        |x| cross_entropy::composed(&x[0], &head, &targets),
    );
    check(
        &[var(18, &[5, 8]), var(17, &[11, 8])],
        |x| cross_entropy::log_probs(&x[0], &x[1], &targets),
        |x| cross_entropy::composed(&x[0], &x[1], &targets),
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// An example packed beside others is computed as if it were alone.
    #[test]
    fn packing_changes_nothing(lengths in prop::collection::vec(1_usize..12, 1..5)) {
        let total: usize = lengths.iter().sum();
        let (q, k, v) = (noise(19, &[total, 16]), noise(20, &[total, 8]), noise(21, &[total, 8]));
        let run = |start: usize, length: usize, segments: Segments| {
            let part = |x: &Tensor| x.narrow(0, start, length).unwrap();
            attention::attention(&part(&q), &part(&k), &part(&v), SHAPE, &Arc::new(segments)).unwrap()
        };
        let packed = run(0, total, Segments::packed(&lengths));
        let mut start = 0;
        for length in lengths {
            let alone = run(start, length, Segments::packed(&[length]));
            close(&packed.narrow(0, start, length).unwrap(), &alone, 1e-6);
            start += length;
        }
    }
}

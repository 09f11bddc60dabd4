//! AdamW by hand, and a restored state.

use super::*;

fn parameter(data: Vec<f32>, decay: bool) -> Values {
    Values {
        name: "p".to_owned(),
        shape: vec![data.len()],
        data,
        decay,
    }
}

const UPDATE: Update = Update {
    rate: 0.1,
    gradient_factor: 1.0,
};

/// With one constant gradient the corrected moments are the gradient and its square: every step moves by the rate.
#[test]
fn constant_gradient_moves_by_the_rate() {
    let config = AdamWConfig {
        weight_decay: 0.0,
        ..AdamWConfig::default()
    };
    let mut parameters = [parameter(vec![1.0, -1.0], true)];
    let mut optimizer = AdamW::new(config, &parameters);
    for _ in 0..3 {
        optimizer.step(UPDATE, &mut parameters, &[vec![0.5, -2.0]]);
    }
    assert!((parameters[0].data[0] - 0.7).abs() < 1e-5);
    assert!((parameters[0].data[1] + 0.7).abs() < 1e-5);
}

#[test]
fn decay_comes_before_the_update_and_only_where_it_is_wanted() {
    let mut parameters = [parameter(vec![2.0], true), parameter(vec![2.0], false)];
    let config = AdamWConfig {
        weight_decay: 0.5,
        ..AdamWConfig::default()
    };
    AdamW::new(config, &parameters).step(UPDATE, &mut parameters, &[vec![1.0], vec![1.0]]);
    assert!((parameters[0].data[0] - (2.0 * 0.95 - 0.1)).abs() < 1e-6);
    assert!((parameters[1].data[0] - 1.9).abs() < 1e-6);
}

#[test]
fn restored_state_goes_on_bit_for_bit() {
    let gradients: Vec<Vec<f32>> = (0..6).map(|i| vec![(i as f32).cos(); 40_000]).collect();
    let start = [parameter(
        (0..40_000).map(|i| (i as f32).sin()).collect(),
        true,
    )];
    let mut whole = start.clone();
    let mut optimizer = AdamW::new(AdamWConfig::default(), &start);
    let mut halfway = None;
    for (step, gradient) in gradients.iter().enumerate() {
        if step == 3 {
            let saved: Vec<(String, Vec<u8>)> = optimizer
                .state()
                .into_iter()
                .map(|tensor| (tensor.name, tensor.bytes.into_owned()))
                .collect();
            halfway = Some((whole.clone(), saved));
        }
        optimizer.step(UPDATE, &mut whole, std::slice::from_ref(gradient));
    }
    let (mut resumed, saved) = halfway.unwrap();
    let mut optimizer = AdamW::new(AdamWConfig::default(), &start);
    let find = |name: &str| {
        let found = saved.iter().find(|(saved, _)| saved == name);
        found.map(|(_, bytes)| bytes.as_slice())
    };
    optimizer.restore(3, &find).unwrap();
    for gradient in &gradients[3..] {
        optimizer.step(UPDATE, &mut resumed, std::slice::from_ref(gradient));
    }
    assert_eq!(whole, resumed);
}

#[test]
fn missing_state_is_named() {
    let parameters = [parameter(vec![0.0], true)];
    let mut optimizer = AdamW::new(AdamWConfig::default(), &parameters);
    assert_eq!(optimizer.restore(1, &|_| None), Err("mean.p".to_owned()));
}

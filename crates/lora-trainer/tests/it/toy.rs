//! SFT on a toy server: it learns, it refuses, it plans.

use lora_trainer::{Config, Error, plan, run};
use persona_core::{ConversationForm, FormSource, Hint, Silent, settle};

use test_support::results;

use crate::support::{toy_config, toy_dataset, toy_inputs, train_toy};

#[test]
fn learns_how_people_answer_and_repeats_itself() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 24);
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    let report = train_toy(folder.path(), &first, &Silent).unwrap();
    let (before, after) = report.validation_loss.unwrap();
    assert!(
        after < 0.7 * before,
        "validation loss {before} became {after}"
    );
    assert!(!first.join("checkpoint.safetensors").exists());
    let source = FormSource::of_folder(&first.join("adapter"))
        .unwrap()
        .unwrap();
    let kept = settle(&[source]).unwrap();
    assert_eq!(kept.form, ConversationForm::default());
    assert!(kept.is_recorded);
    train_toy(folder.path(), &second, &Silent).unwrap();
    assert!(results(&first) == results(&second));

    let continued = lora_trainer::Inputs {
        start_from: Some(first.join("adapter")),
        seed: 4,
        ..toy_inputs(folder.path(), &folder.path().join("c"))
    };
    let report = run(&toy_config(), &continued, &Silent).unwrap();
    let (before, _) = report.validation_loss.unwrap();
    assert!(
        (before - after).abs() < 1e-4,
        "an adapter starts where it stopped: {after}, {before}"
    );
}

#[test]
fn plans_what_it_does() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 6);
    let inputs = toy_inputs(folder.path(), &folder.path().join("out"));
    let plan = plan(&toy_config(), &inputs).unwrap();
    let report = run(&toy_config(), &inputs, &Silent).unwrap();
    assert_eq!(plan.steps, report.steps);
    assert_eq!(plan.examples_per_epoch, report.examples_per_epoch);
    assert_eq!(plan.trained_parameters, report.parameters);
    assert_eq!(
        (plan.tokens_per_epoch * toy_config().epochs) as u64,
        report.tokens
    );
    assert!(plan.memory_bytes > 4 * plan.base_parameters);
}

#[test]
fn nothing_to_learn_is_said() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 0);
    let error = train_toy(folder.path(), &folder.path().join("out"), &Silent).unwrap_err();
    assert!(matches!(error, Error::NothingToLearn { .. }), "{error}");
    assert!(
        error
            .to_string()
            .ends_with("holds no target in the training split to learn from")
    );
    assert!(error.hint().is_some());
}

#[test]
fn divergence_names_step_and_rate() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 6);
    let config = Config {
        learning_rate: 1e30,
        warmup_ratio: 0.0,
        ..toy_config()
    };
    let inputs = toy_inputs(folder.path(), &folder.path().join("out"));
    let error = run(&config, &inputs, &Silent).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    assert!(
        error.to_string().starts_with("training diverged at step "),
        "{error}"
    );
}

#[test]
fn senseless_values_are_refused() {
    for (config, text) in [
        (
            Config {
                rank: 0,
                ..Config::default()
            },
            "`rank` is 0, expected at least 1",
        ),
        (
            Config {
                dropout: 1.0,
                ..Config::default()
            },
            "`dropout` is 1, expected from 0 to below 1",
        ),
        (
            Config {
                learning_rate: -1.0,
                ..Config::default()
            },
            "`learning_rate` is -1, expected a positive number",
        ),
    ] {
        assert_eq!(config.check().unwrap_err().to_string(), text);
    }
}

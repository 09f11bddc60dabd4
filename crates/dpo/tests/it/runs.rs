//! Whole runs: they learn, stop and continue, and fail with a hint where there is nothing to learn.

use std::{fs, time::Duration};

use dpo::{Error, run};
use persona_core::{ConversationForm, FormSource, Hint, Silent, settle};
use test_support::{Child, Stopping, results};

use crate::support::{toy_config, toy_inputs, toy_pairs, train_toy};

#[test]
fn learns_the_preference_and_repeats_itself() {
    let folder = tempfile::tempdir().unwrap();
    toy_pairs(folder.path(), 18);
    let (first, second) = (folder.path().join("a"), folder.path().join("b"));
    let report = train_toy(folder.path(), &first, &Silent).unwrap();
    assert!(!report.reference_from_disk);
    let (before, after) = report.training_loss.unwrap();
    assert!(after < before, "loss {before} became {after}");
    assert!(report.held_out_reward_accuracy.unwrap() > 0.9, "{report:?}");
    assert!(report.held_out_margin.unwrap() > 0.0);
    let accuracy = report.preference_accuracy.unwrap();
    assert!(accuracy.dpo >= accuracy.sft, "{accuracy:?}");
    let source = FormSource::of_folder(&first.join("adapter"))
        .unwrap()
        .unwrap();
    let kept = settle(&[source]).unwrap();
    assert_eq!(kept.form, ConversationForm::default());
    assert!(kept.is_recorded);
    train_toy(folder.path(), &second, &Silent).unwrap();
    assert!(results(&first) == results(&second));
    let again = train_toy(folder.path(), &first, &Silent).unwrap();
    assert!(again.reference_from_disk);
    assert!(results(&first) == results(&second));
}

#[test]
fn first_loss_is_log_2_because_the_policy_starts_as_its_reference() {
    let folder = tempfile::tempdir().unwrap();
    toy_pairs(folder.path(), 8);
    for adapter in [true, false] {
        let out = folder.path().join(format!("out-{adapter}"));
        run(
            &toy_config(),
            &toy_inputs(folder.path(), &out, adapter),
            &Silent,
        )
        .unwrap();
        let metrics = fs::read_to_string(out.join("metrics.jsonl")).unwrap();
        let first: serde_json::Value =
            serde_json::from_str(metrics.lines().next().unwrap()).unwrap();
        assert_eq!(first["step"], 0);
        let loss = first["eval_loss"].as_f64().unwrap();
        assert!((loss - std::f64::consts::LN_2).abs() < 1e-6, "{loss}");
    }
}

#[test]
fn interrupted_run_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    toy_pairs(folder.path(), 18);
    let whole = folder.path().join("whole");
    train_toy(folder.path(), &whole, &Silent).unwrap();
    // Stops while the reference is computed, in evaluations, between steps, and within windows.
    for stop_at in [0, 5, 17, 31] {
        let out = folder.path().join(format!("stopped-{stop_at}"));
        let error = train_toy(folder.path(), &out, &Stopping::at(stop_at)).unwrap_err();
        assert!(error.is_interrupted(), "{error}");
        train_toy(folder.path(), &out, &Stopping::never(Duration::ZERO)).unwrap();
        assert!(results(&whole) == results(&out), "stopped at {stop_at}");
    }
}

/// The test runs itself as a child process, which trains slowly until it is killed.
#[test]
fn killed_run_goes_on_bit_for_bit() {
    if let Some(folder) = Child::folder() {
        let slow = Stopping::never(Duration::from_millis(20));
        train_toy(&folder, &folder.join("killed"), &slow).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    toy_pairs(folder.path(), 18);
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    train_toy(folder.path(), &whole, &Silent).unwrap();
    let child = Child::start("runs::killed_run_goes_on_bit_for_bit", folder.path());
    child.kill_when(|| killed.join("checkpoint.safetensors").exists());
    assert!(!killed.join("adapter").exists());
    train_toy(folder.path(), &killed, &Stopping::never(Duration::ZERO)).unwrap();
    assert!(results(&whole) == results(&killed));
}

#[test]
fn no_pairs_are_said_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let without_file = train_toy(folder.path(), &folder.path().join("out"), &Silent).unwrap_err();
    toy_pairs(folder.path(), 0);
    let without_pairs = train_toy(folder.path(), &folder.path().join("out"), &Silent).unwrap_err();
    for error in [without_file, without_pairs] {
        assert!(matches!(error, Error::NothingToLearn { .. }), "{error}");
        assert!(
            error
                .to_string()
                .ends_with("holds 0 preference pairs in the training split, expected at least 1")
        );
        assert!(error.hint().unwrap().contains("SFT"));
    }
}

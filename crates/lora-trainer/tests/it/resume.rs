//! A stopped or killed run continues and ends with the same bytes.

use std::{fs, path::Path, time::Duration};

use lora_trainer::Error;
use persona_core::Silent;
use test_support::{Child, Stopping, results};

use crate::support::{toy_dataset, train_toy};

#[test]
fn interrupted_run_goes_on_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 12);
    let whole = folder.path().join("whole");
    train_toy(folder.path(), &whole, &Silent).unwrap();
    // Stops in evaluations, between steps, and within windows.
    for stop_at in [0, 3, 9, 17, 25] {
        let out = folder.path().join(format!("stopped-{stop_at}"));
        let error = train_toy(folder.path(), &out, &Stopping::at(stop_at)).unwrap_err();
        assert!(matches!(error, Error::Interrupted { .. }), "{error}");
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
    toy_dataset(folder.path(), 12);
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    train_toy(folder.path(), &whole, &Silent).unwrap();
    let child = Child::start("resume::killed_run_goes_on_bit_for_bit", folder.path());
    child.kill_when(|| steps_done(&killed) >= 2);
    assert!(killed.join("checkpoint.safetensors").exists());
    assert!(!killed.join("adapter").exists());
    train_toy(folder.path(), &killed, &Stopping::never(Duration::ZERO)).unwrap();
    assert!(results(&whole) == results(&killed));
}

fn steps_done(folder: &Path) -> usize {
    fs::read_to_string(folder.join("metrics.jsonl")).map_or(0, |text| {
        text.lines()
            .filter(|line| line.contains("\"loss\""))
            .count()
    })
}

#[test]
fn a_result_that_could_not_be_written_needs_no_step_again() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 12);
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    train_toy(folder.path(), &whole, &Silent).unwrap();
    // A file where a folder has to be.
    let obstacle = out.join("adapter.partial");
    persona_core::atomic::write(&obstacle, "").unwrap();
    train_toy(folder.path(), &out, &Silent).unwrap_err();
    fs::remove_file(&obstacle).unwrap();
    // Stops before the first step that it would make.
    train_toy(folder.path(), &out, &Stopping::at(0)).unwrap();
    assert!(results(&whole) == results(&out));
}

#[test]
fn checkpoint_of_another_run_is_not_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 12);
    let out = folder.path().join("out");
    train_toy(folder.path(), &out, &Stopping::at(14)).unwrap_err();
    toy_dataset(folder.path(), 9);
    let whole = folder.path().join("whole");
    train_toy(folder.path(), &whole, &Silent).unwrap();
    train_toy(folder.path(), &out, &Silent).unwrap();
    assert!(results(&whole) == results(&out));
}

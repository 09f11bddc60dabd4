use serde_json::json;

use super::*;

fn planned(config: &Value, input: &str) -> Manifest {
    let inputs = BTreeMap::from([("data".to_owned(), input.to_owned())]);
    Manifest::planned(Stage::Dataset, config.clone(), Some(1), inputs)
}

/// A finished stage with one file.
fn done(folder: &Path, mut manifest: Manifest) {
    atomic::write(&folder.join("out.txt"), "result").unwrap();
    manifest.outputs = outputs(folder).unwrap();
    manifest.save(folder).unwrap();
}

#[test]
fn a_stage_runs_until_its_manifest_matches_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = json!({"train": {"lr": 1e-4, "epochs": 5}});
    let first = planned(&config, "a");
    assert_eq!(
        reason(&first, folder).unwrap(),
        "builds conversations and preference pairs from the store"
    );
    done(folder, first.clone());
    assert_eq!(reason(&first, folder), None);

    let other = json!({"train": {"lr": 1e-3, "epochs": 5}});
    assert_eq!(
        reason(&planned(&other, "a"), folder).unwrap(),
        "the configuration has changed: train.lr"
    );
    assert_eq!(
        reason(&planned(&config, "b"), folder).unwrap(),
        "what goes in has changed: data"
    );
    let seed = Manifest {
        seed: Some(2),
        ..first.clone()
    };
    assert_eq!(reason(&seed, folder).unwrap(), "the seed has changed");
    let version = Manifest {
        version: "9.9".to_owned(),
        ..first.clone()
    };
    assert!(reason(&version, folder).unwrap().ends_with("this is 9.9"));

    atomic::write(&folder.join("out.txt"), "changed").unwrap();
    assert_eq!(
        reason(&first, folder).unwrap(),
        "its files are missing or were changed"
    );
}

#[test]
fn only_the_very_same_plan_goes_on_with_what_was_left() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = planned(&json!({"lr": 0.1}), "a");
    begin(&first, folder).unwrap();
    atomic::write(&folder.join("checkpoint"), "half").unwrap();
    assert_eq!(
        reason(&first, folder).unwrap(),
        "goes on where it was stopped"
    );

    begin(&first, folder).unwrap();
    assert!(folder.join("checkpoint").exists());

    begin(&planned(&json!({"lr": 0.2}), "a"), folder).unwrap();
    assert!(!folder.join("checkpoint").exists());
}

#[test]
fn numbers_that_do_not_survive_json_still_match_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let numbers: Vec<f64> = (1..2000_i32).map(|n| f64::from(n) * 1.1e-7 / 3.0).collect();
    let first = planned(&json!(numbers), "a");
    done(folder.path(), first.clone());
    assert_eq!(reason(&first, folder.path()), None);
}

#[test]
fn temporary_and_bookkeeping_files_are_no_outputs() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "plan.json",
        "manifest.json",
        ".partial-x",
        "adapter/model",
        "adapter/plan.json",
    ] {
        atomic::write(&folder.path().join(name), name).unwrap();
    }
    let names: Vec<String> = outputs(folder.path()).unwrap().into_keys().collect();
    assert_eq!(names, ["adapter/model", "adapter/plan.json"]);
}

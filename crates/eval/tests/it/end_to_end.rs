//! The whole stage on the model of the `gguf` fixture and an invented dataset.

use std::path::Path;

use eval::{
    BLIND_TEST, BLIND_TEST_KEY, Config, Error, GENERATED, Inputs, Report, TEXT_REPORT, run,
};
use persona_core::{Silent, Split, describe, layout};
use serde_json::Value;

use crate::synthetic::{Sizes, USUAL, inputs};

fn quick() -> Config {
    Config {
        halvings: 20,
        detection_halvings: 1,
        detection_folds: 2,
        bootstrap: 100,
        habit_replies: 4,
        max_generated: 16,
        ..Config::default()
    }
}

fn evaluate(inputs: &Inputs) -> (Report, Value) {
    let report = run(&quick(), inputs, &Silent).unwrap();
    let bytes = std::fs::read(inputs.out.join(layout::REPORT)).unwrap();
    (report, serde_json::from_slice(&bytes).unwrap())
}

fn bytes(inputs: &Inputs) -> Vec<Vec<u8>> {
    [
        layout::REPORT,
        TEXT_REPORT,
        GENERATED,
        BLIND_TEST,
        BLIND_TEST_KEY,
    ]
    .map(|name| std::fs::read(inputs.out.join(name)).unwrap())
    .to_vec()
}

/// What people are told, without the path of the folder.
fn told(error: &Error, folder: &Path) -> String {
    describe(error).replace(&folder.display().to_string(), "…")
}

fn number(report: &Value, pointer: &str) -> f64 {
    let value = report.pointer(pointer);
    value
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("{pointer}: {value:?}"))
}

#[test]
fn every_figure_is_there_and_another_seed_changes_them() {
    let folder = tempfile::tempdir().unwrap();
    let first = inputs(folder.path(), USUAL, 1);
    let (report, json) = evaluate(&first);
    let files = bytes(&first);
    for stage in ["base", "sft", "dpo", "merged", "quantized"] {
        assert!(number(&json, &format!("/perplexity/{stage}")) > 1.0);
        assert!(number(&json, &format!("/bits_per_character/{stage}")) > 0.0);
    }
    for score in [
        "perplexity",
        "style",
        "length",
        "vocabulary",
        "detection",
        "memorisation",
    ] {
        let of = |key: &str| number(&json, &format!("/scores/{score}/{key}"));
        let (value, low, high) = (of("value"), of("low"), of("high"));
        assert!(
            low <= value + 1e-9 && value <= high + 1e-9,
            "{score}: {low} {value} {high}"
        );
        assert!(
            (0.0..=1.0).contains(&of("ceiling")) && (0.0..=1.0).contains(&of("share")),
            "{score}"
        );
    }
    for stage in ["base", "sft", "dpo", "dpo_reward"] {
        let accuracy = number(&json, &format!("/preference_accuracy/{stage}"));
        assert!((0.0..=1.0).contains(&accuracy), "{stage}");
    }
    assert_eq!(
        report.preference_accuracy.pairs as u64,
        USUAL.validation + USUAL.test
    );
    assert_eq!(report.counts.test_targets as u64, 6 * USUAL.test);
    assert_eq!(
        (report.counts.generated, report.split, report.seed),
        (16, Split::Test, 1)
    );
    assert_eq!(report.pass, report.overall.unwrap() >= 0.85);
    assert_eq!(report.habit_recall.as_ref().unwrap().generated_replies, 4);
    // The merged folder is the base itself here, the quantized file nearly so; the adapters are neither.
    assert_eq!(report.perplexity.merged, report.perplexity.base);
    assert_ne!(report.perplexity.sft, report.perplexity.base);
    assert_ne!(report.perplexity.sft, report.perplexity.dpo);
    let off = report.perplexity.quantized.unwrap() / report.perplexity.merged.unwrap();
    assert!(
        (0.7..1.4).contains(&off) && (off - 1.0).abs() > 1e-6,
        "{off}"
    );

    evaluate(&first);
    assert_eq!(bytes(&first), files, "the same seed leaves the same bytes");
    let second = Inputs { seed: 2, ..first };
    let (other, _) = evaluate(&second);
    assert_ne!(other.scores, report.scores);
    assert_eq!(
        other.perplexity.base.is_some(),
        report.perplexity.base.is_some()
    );
    assert_ne!(bytes(&second)[2], files[2], "other replies are generated");
}

#[test]
fn stages_that_do_not_exist_are_null() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = Inputs {
        sft_adapter: None,
        dpo_adapter: None,
        habits: None,
        ..inputs(
            folder.path(),
            Sizes {
                train: 5,
                validation: 0,
                test: 2,
            },
            1,
        )
    };
    let (report, json) = evaluate(&inputs);
    for pointer in [
        "/perplexity/sft",
        "/perplexity/dpo",
        "/preference_accuracy/dpo",
        "/habit_recall",
    ] {
        assert_eq!(json.pointer(pointer), Some(&Value::Null), "{pointer}");
    }
    // Which model is better depends on the fixtures.
    let notes: Vec<&str> = report
        .notes
        .iter()
        .map(String::as_str)
        .filter(|note| !note.contains("predicts the real replies"))
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    only 12 targets: the intervals are wide, don't compare such figures
    style is measured with mean hidden states of the base model, which mostly see length and topic; configure a sentence embedding model for a figure to compare
    no adapter of supervised fine-tuning was given: its figures are empty
    no adapter of preference training was given: its figures are empty
    the blind test has 6 generated and 6 real replies instead of 50 each: no prompt is shown twice
    ");
    let text = std::fs::read_to_string(inputs.out.join(TEXT_REPORT)).unwrap();
    for word in ["perplexity", "quantized", "ceiling", "Note: "] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn without_test_targets_the_report_says_that_it_used_the_validation_split() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(
        folder.path(),
        Sizes {
            train: 2,
            validation: 1,
            test: 0,
        },
        1,
    );
    let (report, json) = evaluate(&inputs);
    assert_eq!(report.split, Split::Validation);
    assert_eq!(json["split"], "validation");
    insta::assert_snapshot!(report.notes[0], @"the test split has no targets, so the VALIDATION split was evaluated: training chose by it, and the figures flatter");
}

#[test]
fn nothing_held_out_is_an_error_that_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(
        folder.path(),
        Sizes {
            train: 2,
            validation: 0,
            test: 0,
        },
        1,
    );
    let error = run(&quick(), &inputs, &Silent).unwrap_err();
    assert!(
        matches!(error, Error::NothingToEvaluate { .. }),
        "{error:?}"
    );
    insta::assert_snapshot!(told(&error, folder.path()), @"
    `…/dataset/conversations.jsonl` holds no target in the test split and none in the validation split
    hint: give the pipeline more history: a few hundred conversations put some into the test split
    ");
    assert!(!inputs.out.exists(), "nothing was written");
}

#[test]
fn one_target_is_enough_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = inputs(
        folder.path(),
        Sizes {
            train: 1,
            validation: 0,
            test: 1,
        },
        1,
    );
    let config = Config {
        max_scored: 1,
        ..quick()
    };
    let report = run(&config, &inputs, &Silent).unwrap();
    assert_eq!((report.counts.scored, report.counts.generated), (1, 1));
    assert!(report.scores.style.is_none() && report.overall.is_none() && !report.pass);
    assert!(report.perplexity.quantized.is_some());
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let good = inputs(
        folder.path(),
        Sizes {
            train: 1,
            validation: 0,
            test: 1,
        },
        1,
    );
    let message = |inputs: &Inputs| {
        let error = run(&quick(), inputs, &Silent).unwrap_err();
        told(&error, folder.path())
    };
    let broken = |name: &str, content: &str| {
        let path = folder.path().join(name);
        persona_core::atomic::write(&path, content).unwrap();
        Some(path)
    };
    let habits = broken(
        "bad.json",
        r#"[{"author":"a","name":"n","description":"d","pattern":"("}]"#,
    );
    let found = message(&Inputs {
        habits,
        ..good.clone()
    });
    insta::assert_snapshot!(found, @"
    the pattern of habit `n` in `…/bad.json` is not a regular expression
    caused by: regex parse error:
        (
        ^
    error: unclosed group
    hint: look-around and back-references are not supported
    ");
    let quantized = broken("bad.gguf", "not a model").unwrap();
    let found = message(&Inputs {
        quantized,
        ..good.clone()
    });
    // What was found in the file is the reader's to say.
    let found: Vec<&str> = found.lines().take(2).collect();
    insta::assert_snapshot!(found.join("\n"), @"
    generating replies with the `quantized` model failed
    caused by: the model failed
    ");
    let dataset = Path::new("no/such/dataset").to_owned();
    let found = message(&Inputs {
        dataset,
        ..good.clone()
    });
    insta::assert_snapshot!(found, @"
    cannot read `no/such/dataset/conversations.jsonl`
    caused by: No such file or directory (os error 2)
    hint: check the path; relative paths start at the current folder
    ");
    let config = Config {
        detection_folds: 1,
        ..quick()
    };
    let found = run(&config, &good, &Silent).unwrap_err().to_string();
    assert_eq!(found, "`eval.detection_folds` is 1, expected at least 2");
}

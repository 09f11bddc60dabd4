//! The whole stage on the model of the `gguf` fixture and a made-up dataset.

use std::path::Path;

use eval::{
    BLIND_TEST, BLIND_TEST_KEY, Config, Error, GENERATED, Inputs, Report, TEXT_REPORT, run,
};
use persona_core::{Hint, Silent, Split, layout};
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
    let notes = report.notes.join("\n");
    assert!(notes.contains("only 12 targets"), "{notes}");
    assert!(
        notes.contains("no adapter of preference training"),
        "{notes}"
    );
    assert!(
        notes.contains("the blind test has 6 generated and 6 real"),
        "{notes}"
    );
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
    assert!(report.notes[0].contains("VALIDATION"), "{:?}", report.notes);
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
    assert!(
        error.to_string().contains(layout::dataset::CONVERSATIONS),
        "{error}"
    );
    assert!(error.hint().is_some());
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
    let message = |inputs: &Inputs| run(&quick(), inputs, &Silent).unwrap_err().to_string();
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
    assert!(
        found.contains("habit `n`") && found.contains("bad.json"),
        "{found}"
    );
    let quantized = broken("bad.gguf", "not a model").unwrap();
    let found = message(&Inputs {
        quantized,
        ..good.clone()
    });
    assert!(found.contains("`quantized`"), "{found}");
    let dataset = Path::new("no/such/dataset").to_owned();
    let found = message(&Inputs {
        dataset,
        ..good.clone()
    });
    assert!(found.contains("no/such/dataset"), "{found}");
    let config = Config {
        detection_folds: 1,
        ..quick()
    };
    let found = run(&config, &good, &Silent).unwrap_err().to_string();
    assert_eq!(found, "`eval.detection_folds` is 1, expected at least 2");
}

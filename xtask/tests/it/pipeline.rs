//! The whole way, from an export to a reply: once through, again without work, and after being killed.

use std::{
    collections::BTreeMap,
    fs, thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    form,
    harness::{Place, export, hashes},
};

const MESSAGES: usize = 160;

fn stages(summary: &Value) -> Vec<(&str, bool)> {
    let stages = summary["stages"].as_array().unwrap().iter();
    stages
        .map(|stage| {
            (
                stage["stage"].as_str().unwrap(),
                stage["skipped"].as_bool().unwrap(),
            )
        })
        .collect()
}

#[test]
fn it_goes_through_once_and_then_has_nothing_to_do() {
    let place = Place::with_server(MESSAGES);
    let outlook = place.ok(&["pipeline", "--dry-run", "--json"]).json();
    assert!(
        outlook["stages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["runs"] == true),
        "{outlook}"
    );
    assert!(
        !place.path().join("runs").exists(),
        "a dry run writes nothing"
    );

    let first = place.ok(&["pipeline", "--json"]).json();
    let names = ["ingest", "dataset", "sft", "dpo", "export", "eval"];
    assert_eq!(stages(&first), names.map(|name| (name, false)));
    let report = &first["stages"][5]["figures"];
    for model in ["base", "sft", "dpo", "merged", "quantized"] {
        assert!(
            report["perplexity"][model].as_f64().unwrap() > 1.0,
            "{report}"
        );
    }
    let before = hashes(&place.path().join("runs/default"));

    let second = place.ok(&["pipeline", "--json"]);
    assert_eq!(stages(&second.json()), names.map(|name| (name, true)));
    assert_eq!(hashes(&place.path().join("runs/default")), before);

    let shown = [
        ("pipeline", ["really:", "persona:", "that it had not seen"]),
        ("-v", ["skipped", "perplexity", "ceiling"]),
    ];
    for (flag, expected) in shown {
        let arguments = if flag == "-v" {
            vec!["pipeline", "-v"]
        } else {
            vec!["pipeline"]
        };
        let text = place.ok(&arguments).stdout;
        let always = [
            "runs/default/export/persona-q8_0.gguf",
            "Talk to it: cargo xtask chat\n",
        ];
        for expected in expected.into_iter().chain(always) {
            assert!(text.contains(expected), "`{expected}` is not in\n{text}");
        }
    }

    let outlook = place
        .ok(&["pipeline", "--dry-run", "--seed", "2", "--change"])
        .stdout;
    assert!(
        outlook.contains("ingest   skip  nothing has changed\n"),
        "{outlook}"
    );
    assert!(
        outlook.contains("dataset  run   the seed has changed\n"),
        "{outlook}"
    );
    assert!(
        outlook.contains("sft      run   `dataset` runs before it\n"),
        "{outlook}"
    );

    commands_of_a_finished_run(&place);
    let tokens = form::a_run_keeps_what_it_was_trained_with(&place);

    let forced = place
        .ok(&["pipeline", "--force", "export", "--json"])
        .json();
    let skipped = [true, true, true, true, false, false];
    assert_eq!(
        stages(&forced)
            .iter()
            .map(|(_, skipped)| *skipped)
            .collect::<Vec<_>>(),
        skipped
    );
    assert_eq!(
        hashes(&place.path().join("runs/default")),
        before,
        "the same work leaves the same bytes"
    );

    let changed = place
        .ok(&["pipeline", "--mode", "sft", "--change", "--json"])
        .json();
    assert_eq!(
        stages(&changed),
        [
            ("ingest", true),
            ("dataset", true),
            ("sft", true),
            ("export", false),
            ("eval", false)
        ]
    );
    form::a_run_of_an_older_version_still_works(&place, tokens);
}

/// Everything else that can be asked of a run.
fn commands_of_a_finished_run(place: &Place) {
    let reply = place
        .ok(&[
            "chat",
            "--prompt",
            "who wants tea",
            "--greedy",
            "--max-tokens",
            "5",
            "--json",
        ])
        .json();
    assert!(
        !reply["prompt_ids"].as_array().unwrap().is_empty(),
        "{reply}"
    );
    assert!(reply["ids"].as_array().unwrap().len() <= 5, "{reply}");
    let again = place
        .ok(&[
            "chat",
            "--prompt",
            "who wants tea",
            "--greedy",
            "--max-tokens",
            "5",
            "--json",
        ])
        .json();
    assert_eq!(reply, again);

    let checked = place.run(&["eval", "--check", "--json"]);
    let passed = checked.json()["pass"].as_bool().unwrap();
    assert_eq!(checked.code, Some(if passed { 0 } else { 3 }));

    let blind = place.ok(&["blind-test", "--out", "friends"]).stdout;
    assert!(blind.contains("friends/blind-test.txt"), "{blind}");
    assert!(!place.path().join("friends/blind-test-key.json").exists());

    let found = place
        .ok(&["inspect", "runs/default/export/persona-q8_0.gguf"])
        .stdout;
    assert!(
        found.contains("general.architecture = \"qwen2\""),
        "{found}"
    );

    let trained = place.ok(&["train", "--json"]).json();
    assert_eq!(stages(&trained), [("sft", true), ("dpo", true)]);
    let table = place.ok(&["dataset"]).stdout;
    assert!(table.contains("runs/default/dataset\n"), "{table}");
}

#[test]
fn without_reactions_there_is_no_dpo_and_the_rest_goes_on() {
    let place = Place::with_server(MESSAGES);
    let mut chat = export(MESSAGES);
    for message in chat["messages"].as_array_mut().unwrap() {
        message["reactions"] = Value::Array(Vec::new());
    }
    place.write("chat/general.json", &chat.to_string());
    let ran = place.ok(&["pipeline", "--json"]);
    assert_eq!(
        stages(&ran.json())
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>(),
        ["ingest", "dataset", "sft", "export", "eval"]
    );
    assert!(
        ran.stderr.contains("DPO has nothing to learn from"),
        "{}",
        ran.stderr
    );

    let ran = place.run(&["train", "--mode", "dpo-only"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("has no preference pairs"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_trial_has_something_for_every_stage_or_says_at_once_why_not() {
    let place = Place::with_server(MESSAGES);
    let ran = place.ok(&["pipeline", "--test", "--json"]);
    let summary = ran.json();
    assert_eq!(summary["run"], "test-chat", "it is named after the input");
    let names = ["ingest", "dataset", "sft", "dpo", "export", "eval"];
    assert_eq!(stages(&summary), names.map(|name| (name, false)));
    assert!(
        summary["stages"][1]["figures"]["test_targets"].as_u64() > Some(0),
        "{summary}"
    );
    assert!(
        summary["stages"][1]["figures"]["validation_targets"].as_u64() > Some(0),
        "{summary}"
    );
    assert!(
        ran.stderr.contains("say nothing about how good"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("warning: "), "{}", ran.stderr);

    place.write("chat/general.json", &export(9).to_string());
    let ran = place.run(&["pipeline", "--test", "--run", "tiny"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("a trial needs 3 conversations"),
        "{}",
        ran.stderr
    );
    assert!(!place.path().join("runs/tiny/sft").exists());
}

#[test]
fn fewer_than_nine_authors_are_said_to_be_few() {
    let place = Place::with_server(60);
    let mut chat = export(60);
    for (index, message) in chat["messages"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        message["author"]["id"] = (900 + index % 3).to_string().into();
        message["author"]["name"] = format!("person{}", index % 3).into();
    }
    place.write("chat/general.json", &chat.to_string());
    place.ok(&["ingest", "export", "chat"]);
    let ran = place.ok(&["dataset"]);
    assert!(
        ran.stderr.contains("warning: ") && ran.stderr.contains("authors"),
        "{}",
        ran.stderr
    );
}

#[test]
fn other_exports_do_not_mix_with_those_of_before() {
    let place = Place::with_server(60);
    let mut other = export(20);
    for message in other["messages"].as_array_mut().unwrap() {
        let id: u64 = message["id"].as_str().unwrap().parse().unwrap();
        message["id"] = (id + 77).to_string().into();
    }
    place.write("other.json", &other.to_string());
    let messages = |arguments: &[&str]| {
        place.run(arguments);
        place.run(&["dataset", "--json"]).json()["messages"]
            .as_u64()
            .unwrap()
    };
    assert_eq!(messages(&["pipeline", "--mode", "sft"]), 60);
    assert_eq!(
        messages(&[
            "pipeline",
            "--mode",
            "sft",
            "--input",
            "other.json",
            "--change"
        ]),
        20
    );
}

/// Kills the pipeline with SIGKILL at several moments of each stage, lets the same command finish, and compares every file.
#[test]
fn killed_at_any_stage_the_same_command_finishes_with_the_same_bytes() {
    let undisturbed = Place::with_server(MESSAGES);
    undisturbed.ok(&["pipeline"]);
    let expected = hashes(&undisturbed.path().join("runs/default"));

    let place = Place::with_server(MESSAGES);
    for stage in ["ingest", "dataset", "sft", "dpo", "export", "eval"] {
        let folder = place.path().join("runs/default").join(stage);
        // On a busy machine a stage may be done before the kill: then it is made to be done again.
        let cut = (0..20).any(|_| {
            for file in ["plan.json", "manifest.json"] {
                let _ = fs::remove_file(folder.join(file));
            }
            kill_during(&place, stage, Duration::ZERO)
        });
        assert!(cut, "no kill hit {stage}");
        for pause in [40, 250] {
            kill_during(&place, stage, Duration::from_millis(pause));
        }
    }
    place.ok(&["pipeline"]);
    let found = hashes(&place.path().join("runs/default"));
    let names = |hashes: &BTreeMap<String, String>| hashes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for (name, hash) in &expected {
        assert_eq!(&found[name], hash, "{name} differs after the kills");
    }
}

/// Starts the pipeline, waits until `stage` is at work and a little longer, and kills it.
/// Whether the stage had begun in this very run and was cut.
fn kill_during(place: &Place, stage: &str, pause: Duration) -> bool {
    let folder = place.path().join("runs/default").join(stage);
    let (begun, done) = (folder.join("plan.json"), folder.join("manifest.json"));
    if done.exists() {
        return false;
    }
    let begun_before = begun.exists();
    let mut child = place.command(&["pipeline", "-q"]).spawn().unwrap();
    let start = Instant::now();
    while !begun.exists() && child.try_wait().unwrap().is_none() {
        assert!(
            start.elapsed() < Duration::from_mins(2),
            "{stage} did not begin"
        );
        thread::sleep(Duration::from_micros(200));
    }
    thread::sleep(pause);
    child.kill().unwrap();
    child.wait().unwrap();
    !begun_before && begun.exists() && !done.exists()
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_exits_with_130() {
    let place = Place::with_server(MESSAGES);
    let child = place
        .command(&["pipeline"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let begun = place.path().join("runs/default/sft/plan.json");
    while !begun.exists() {
        thread::sleep(Duration::from_millis(2));
    }
    let pid = child.id().to_string();
    assert!(
        std::process::Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let ran = crate::harness::Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the same command goes on from there\n"),
        "{}",
        ran.stderr
    );
    assert!(!place.path().join("runs/default/sft/manifest.json").exists());
    place.ok(&["pipeline", "-q"]);
}

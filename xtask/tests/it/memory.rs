//! A run remembers what it is: commands that do not name its base, input or limit again go on with them, and nothing that was
//! trained and no store is overwritten unasked.

use std::{collections::BTreeMap, fs};

use crate::harness::{Place, Ran, export, fixture_base, hashes, workspace};

const MESSAGES: usize = 160;

/// A server and small settings, without base and input in the file; the sample and the tiny base lie where they are looked for.
fn place() -> Place {
    let place = Place::with_server(MESSAGES);
    let settings = fs::read_to_string(place.path().join("persona.toml")).unwrap();
    let settings: Vec<&str> = settings.lines().skip(2).collect();
    place.write("persona.toml", &(settings.join("\n") + "\n"));
    std::os::unix::fs::symlink(workspace().join("data"), place.path().join("data")).unwrap();
    place
}

/// The run `mine`, made from `chat` and a base that is not the default one.
fn made(place: &Place) {
    let base = fixture_base();
    let base = base.to_str().unwrap();
    place.ok(&[
        "pipeline", "--run", "mine", "--input", "chat", "--base", base,
    ]);
}

/// Everything of the run that training took time for, and the rest but the record of its settings and the lock.
fn of_run(place: &Place) -> BTreeMap<String, String> {
    let mut found = hashes(&place.path().join("runs/mine"));
    found.retain(|name, _| !["config.toml", "run.lock"].contains(&name.as_str()));
    found
}

fn assert_refused(ran: &Ran, said: &[&str]) {
    assert_eq!(ran.code, Some(2), "{}\n{}", ran.stdout, ran.stderr);
    for text in said.iter().chain(&["--change", "--run NAME"]) {
        assert!(
            ran.stderr.contains(text),
            "`{text}` is not in\n{}",
            ran.stderr
        );
    }
}

#[test]
fn commands_that_name_only_the_run_go_on_with_what_it_was_made_from() {
    let place = place();
    made(&place);
    let before = of_run(&place);
    // Each of these lost something once: the adapter, the store, the meaning of the report, and minutes.
    for arguments in [
        &["train", "--run", "mine"][..],
        &["pipeline", "--run", "mine"],
        &["eval", "--run", "mine"],
        &["export", "--run", "mine"],
        &["dataset", "--run", "mine"],
    ] {
        let ran = place.ok(arguments);
        assert!(
            !ran.stderr.contains("sample"),
            "{arguments:?}: {}",
            ran.stderr
        );
        assert_eq!(of_run(&place), before, "{arguments:?}");
    }
    let report = place
        .ok(&["eval", "--run", "mine", "--force", "--json"])
        .json();
    assert!(
        report["habits"].as_array().is_none_or(Vec::is_empty),
        "these people have no planted habits: {report}"
    );
    place.ok(&["export", "--run", "mine", "--force"]);
    assert_eq!(of_run(&place), before);
    let config = place.ok(&["config", "--run", "mine", "--json"]).json();
    assert_eq!(config["input"][0], "chat");
}

#[test]
fn what_contradicts_the_results_is_refused_with_both_values() {
    let place = place();
    made(&place);
    let before = of_run(&place);
    let mut other = export(20);
    for message in other["messages"].as_array_mut().unwrap() {
        let id: u64 = message["id"].as_str().unwrap().parse().unwrap();
        message["id"] = (id + 77).to_string().into();
    }
    place.write("other.json", &other.to_string());
    for (arguments, said) in [
        (
            &["train", "--base", "data/base/persona-tiny"][..],
            &["fixtures/model", "data/base/persona-tiny"][..],
        ),
        (
            &["pipeline", "--input", "other.json"],
            &["input = [\"chat\"]", "input = [\"other.json\"]"],
        ),
        (&["pipeline", "--limit", "50"], &["no limit", "limit = 50"]),
        (&["dataset", "--limit", "50"], &["no limit", "limit = 50"]),
        (&["dataset", "--seed", "7"], &["seed = 1", "seed = 7"]),
        (
            &["pipeline", "--mode", "sft"],
            &["sft+dpo", "mode = \"sft\""],
        ),
        (
            &["train", "--epochs", "2"],
            &["train.epochs = 1", "train.epochs = 2"],
        ),
    ] {
        assert_refused(&place.run(&[arguments, &["--run", "mine"]].concat()), said);
        assert_eq!(of_run(&place), before, "{arguments:?}");
    }
    let same = [
        &["pipeline", "--run", "mine", "--input", "./chat/", "--base"][..],
        &[
            &format!("{}/../model", fixture_base().display()),
            "--seed",
            "1",
        ],
    ];
    place.ok(&same.concat());
    assert_eq!(
        of_run(&place),
        before,
        "the same values are no contradiction"
    );

    let settings = fs::read_to_string(place.path().join("persona.toml")).unwrap();
    place.write(
        "persona.toml",
        &format!("base = 'data/base/persona-tiny'\n{settings}"),
    );
    assert_refused(
        &place.run(&["train", "--run", "mine"]),
        &["`persona.toml` says", "take the key out of the file"],
    );
    let ran = place.ok(&["eval", "--run", "mine"]);
    assert!(ran.stderr.contains("which holds here"), "{}", ran.stderr);
    assert_eq!(of_run(&place), before);
    place.write("persona.toml", &settings);

    let outlook = place.ok(&[
        "pipeline",
        "--run",
        "mine",
        "--limit",
        "50",
        "--change",
        "--dry-run",
    ]);
    assert!(
        outlook.stdout.contains("dataset  run"),
        "{}",
        outlook.stdout
    );
    fs::remove_file(place.path().join("runs/mine/config.toml")).unwrap();
    let ran = place.run(&["pipeline", "--run", "mine"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("was filled from chat"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        of_run(&place),
        before,
        "a run that remembers nothing loses nothing either"
    );
}

#[test]
fn runs_are_listed_pruned_and_removed() {
    let place = place();
    assert!(place.ok(&["runs"]).stdout.contains("no runs yet"));
    made(&place);
    place.ok(&[
        "dataset",
        "--run",
        "other",
        "--store",
        "runs/mine/persona.sqlite",
    ]);
    let listed = place.ok(&["runs", "--json"]).json();
    assert_eq!(
        (&listed[0]["name"], &listed[0]["input"][0]),
        (&"mine".into(), &"chat".into())
    );
    assert_eq!(listed[0]["done"].as_array().unwrap().len(), 6);
    assert_eq!(listed[1]["done"], serde_json::json!(["dataset"]));
    let text = place.ok(&["runs"]).stdout;
    assert!(
        text.contains("fixtures/model, sft+dpo, from chat\n"),
        "{text}"
    );

    let before = of_run(&place);
    let pruned = place.ok(&["runs", "prune", "mine", "--json"]).json();
    assert!(pruned["bytes"].as_u64().unwrap() > 0, "{pruned}");
    assert!(!place.path().join("runs/mine/export/merged").exists());
    place.ok(&[
        "chat",
        "--run",
        "mine",
        "--prompt",
        "tea",
        "--greedy",
        "--max-tokens",
        "3",
    ]);
    place.ok(&["export", "--run", "mine"]);
    assert_eq!(
        of_run(&place),
        before,
        "what was pruned is made again, byte for byte"
    );

    let ran = place.run(&["runs", "rm", "mine", "--yes"]);
    assert!(
        ran.stderr
            .contains("the run `other` uses the store of `mine`"),
        "{}",
        ran.stderr
    );
    assert_eq!(of_run(&place), before);
    let ran = place.run(&["runs", "rm", "other", "mine"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("add --yes"), "{}", ran.stderr);
    place.ok(&["runs", "rm", "other", "mine", "--yes"]);
    assert!(
        fs::read_dir(place.path().join("runs"))
            .unwrap()
            .next()
            .is_none()
    );
    for name in ["mine", "../data", ""] {
        assert_eq!(
            place.run(&["runs", "rm", name, "--yes"]).code,
            Some(2),
            "{name}"
        );
    }
    assert!(workspace().join("data/sample").is_dir());
}

#[test]
fn settings_of_another_version_are_passed_over() {
    let place = place();
    place.write(
        "runs/old/config.toml",
        "base = 'data/base/persona-tiny'\nlimit = 7\ncolour = 3\n[train]\nrank = 5\nwarmth = 1\n",
    );
    let ran = place.ok(&["config", "--run", "old", "--json"]);
    assert!(
        ran.stderr.contains("colour, train.warmth"),
        "{}",
        ran.stderr
    );
    let config = ran.json();
    assert_eq!(
        (&config["limit"], &config["train"]["rank"]),
        (&7.into(), &4.into())
    );
    assert_eq!(config["run"], "old");
}

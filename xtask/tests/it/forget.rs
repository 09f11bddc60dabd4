//! Forgetting a person: in the store, in what was made from it, and for good.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::harness::{Place, export};

const GONE: &str = "903";

/// A word that only the person to be forgotten writes.
const OWN: &str = "quixotic";

/// A server where person 3 writes a word of their own, and others name them.
fn server(messages: usize) -> Value {
    let mut server = export(messages);
    for (index, message) in server["messages"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        let text = message["content"].as_str().unwrap().to_owned();
        if message["author"]["id"] == GONE {
            message["content"] = format!("{text} {OWN} {index}").into();
        } else if index % 7 == 0 {
            message["content"] = format!("@Person 3 {text}").into();
            message["mentions"] = json!([{
                "id": GONE, "name": "person3", "discriminator": "0000", "nickname": "Person 3", "isBot": false
            }]);
        }
        if ["905", "906"].contains(&message["author"]["id"].as_str().unwrap()) {
            message["author"]["nickname"] = "Captain".into();
        }
    }
    server
}

fn place(messages: usize) -> Place {
    let place = Place::with_server(8);
    place.write("chat/general.json", &server(messages).to_string());
    place
}

/// Files below `folder` that hold one of `needles`.
fn holding(folder: &Path, needles: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, needles));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let holds = |needle: &&str| {
            bytes
                .windows(needle.len())
                .any(|window| window == needle.as_bytes())
        };
        found.extend(
            needles
                .iter()
                .filter(|needle| holds(needle))
                .map(|needle| format!("{}: {needle}", path.display())),
        );
    }
    found
}

fn stages(value: &Value) -> Vec<&str> {
    let stages = value["stages"].as_array().unwrap().iter();
    stages
        .map(|stage| stage["stage"].as_str().unwrap())
        .collect()
}

#[test]
fn a_person_leaves_the_store_and_then_all_that_was_made_from_it() {
    let place = place(160);
    place.ok(&["pipeline"]);
    let runs = place.path().join("runs");
    assert!(!holding(&runs, &[OWN]).is_empty());

    let preview = place
        .ok(&["forget", "--author", "person3", "--dry-run", "--json"])
        .json();
    assert!(preview["messages"].as_u64().unwrap() > 5, "{preview}");
    assert!(
        !runs.join("default/dataset/forgotten.json").exists(),
        "a dry run changes nothing"
    );

    let done = place
        .ok(&["forget", "--author", "person3", "--yes", "--json"])
        .json();
    for key in ["messages", "reactions", "mentions", "stages"] {
        assert_eq!(done[key], preview[key], "{key}");
    }
    assert_eq!(done["wiped"], true);
    for stage in ["dataset", "sft", "dpo", "export"] {
        assert!(stages(&done).contains(&stage), "{done}");
        let note =
            fs::read_to_string(runs.join("default").join(stage).join("forgotten.json")).unwrap();
        assert!(
            note.contains("\"replies\"") && note.contains(stage),
            "{note}"
        );
        for trace in [GONE, OWN, "erson3", "erson 3"] {
            assert!(!note.contains(trace), "{note}");
        }
    }
    let store = fs::read(runs.join("default/persona.sqlite")).unwrap();
    assert!(
        !store
            .windows(OWN.len())
            .any(|window| window == OWN.as_bytes())
    );

    let outlook = place.ok(&["pipeline", "--dry-run"]).stdout;
    assert!(outlook.contains("dataset  run"), "{outlook}");
    for arguments in [
        &["chat", "--prompt", "hello"][..],
        &["inspect", "runs/default/export/persona-q8_0.gguf"],
        &["inspect", "runs/default/sft/adapter"],
    ] {
        let ran = place.ok(arguments);
        assert!(
            ran.stderr.contains("asked to be forgotten"),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    let doctor = place.run(&["doctor"]).stdout;
    assert!(
        doctor.contains("somebody was forgotten whose messages are in: dataset, sft, dpo, export"),
        "{doctor}"
    );

    let again = place.ok(&["pipeline", "--json"]).json();
    let rebuilt: Vec<(&str, bool)> = again["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| (stage["stage"].as_str().unwrap(), stage["skipped"] == true))
        .collect();
    assert!(
        rebuilt[1..].iter().all(|(_, skipped)| !skipped),
        "{rebuilt:?}"
    );
    assert_eq!(
        holding(&runs, &[OWN, "person3", "Person 3", "forgotten since"]),
        [""; 0]
    );
    assert!(!runs.join("default/sft/forgotten.json").exists());
    let third = place.ok(&["pipeline", "--json"]).json();
    assert!(
        third["stages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|stage| stage["skipped"] == true),
        "{third}"
    );
}

#[test]
fn what_was_made_elsewhere_is_found_and_can_be_deleted() {
    let place = place(80);
    place.ok(&["ingest", "export", "chat"]);
    place.ok(&["dataset"]);
    place.ok(&[
        "dataset",
        "--run",
        "other",
        "--store",
        "runs/default/persona.sqlite",
    ]);
    place.ok(&["ingest", "export", "chat", "--run", "apart"]);
    place.ok(&["dataset", "--run", "apart", "--seed", "3", "--limit", "70"]);
    let done = place.ok(&["forget", "--author", GONE, "--yes", "--purge"]);
    assert!(
        done.stdout.contains("these were deleted"),
        "{}",
        done.stdout
    );
    let runs = place.path().join("runs");
    assert!(!runs.join("default/dataset").exists() && !runs.join("other/dataset").exists());
    assert!(
        runs.join("apart/dataset/manifest.json").exists(),
        "another store, another run"
    );
    assert_eq!(holding(&runs.join("default"), &[OWN]), [""; 0]);

    let again = place
        .ok(&["forget", "--author", GONE, "--yes", "--json"])
        .json();
    assert_eq!(
        (&again["before"], &again["messages"]),
        (&json!(true), &json!(0))
    );
    place.ok(&["ingest", "export", "chat"]);
    assert_eq!(
        holding(&runs.join("default"), &[OWN]),
        [""; 0],
        "read again, the person stays out"
    );
    place.ok(&["dataset"]);
    assert_eq!(holding(&runs.join("default"), &[OWN]), [""; 0]);
}

#[test]
fn other_exports_do_not_bring_somebody_back() {
    let place = place(160);
    place.ok(&["ingest", "export", "chat"]);
    place.ok(&["forget", "--author", GONE, "--yes"]);
    let half = server(120).to_string();
    fs::remove_file(place.path().join("chat/general.json")).unwrap();
    place.write("chat/other.json", &half);
    place.ok(&["pipeline", "--mode", "sft", "--json"]);
    fs::remove_file(place.path().join("chat/other.json")).unwrap();
    place.write("chat/third.json", &half);
    place.ok(&["pipeline", "--mode", "sft", "--json"]);
    assert_eq!(holding(&place.path().join("runs"), &[OWN]), [""; 0]);
}

#[test]
fn names_that_fit_nobody_or_several_are_refused() {
    let place = place(80);
    place.ok(&["ingest", "export", "chat"]);
    let told = [("persn3", 1), ("captain", 1), ("person3", 2), ("99", 2)]
        .map(|(name, code)| place.told(&place.run(&["forget", "--author", name]), code));
    insta::assert_snapshot!(told.join("\n"), @"
    error: nobody in the store is called `persn3`
    hint: did you mean `person3`, `Person 3`, `person0`, `person1`, `person2`?

    error: `captain` is the name of 2 people: u3 (`person5`), u7 (`person6`)
    hint: name one by pseudonym or id

    error: forgetting u2 (`person3`, `Person 3`, id 903) cannot be undone, and nobody is there to be asked
    hint: add --yes, or look first with --dry-run

    error: forgetting the person with the id 99, whom the store does not know cannot be undone, and nobody is there to be asked
    hint: add --yes, or look first with --dry-run
    ");
    let ran = place.run(&["forget", "--author", "person3", "--run", "nowhere"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: there is no store `runs/nowhere/persona.sqlite`
    hint: name another run with --run, or the store itself with --store
    ");
}

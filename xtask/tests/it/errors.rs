//! What users meet when something is missing or wrong. Each error names the thing, says why, and what to do.

use std::fs;

use persona_run::{RunFolder, lock::RunLock};

use crate::harness::{Place, Ran, export, fixture_base};

/// The command failed with this exit code, and said each of these.
fn assert_says(ran: &Ran, code: i32, said: &[&str]) {
    assert_eq!(ran.code, Some(code), "{}\n{}", ran.stdout, ran.stderr);
    for text in said {
        assert!(
            ran.stderr.contains(text),
            "`{text}` is not in\n{}",
            ran.stderr
        );
    }
}

#[test]
fn no_base() {
    let place = Place::with_server(1);
    let ran = place.run(&["pipeline", "--base", "./nowhere"]);
    assert_says(
        &ran,
        1,
        &[
            "error: the base model `./nowhere` does not exist\n",
            "hint: give a folder in Hugging Face layout",
        ],
    );
}

#[test]
fn a_base_without_tokenizer() {
    let place = Place::with_server(1);
    for name in ["config.json", "model.safetensors"] {
        let bytes = fs::read(fixture_base().join(name)).unwrap();
        persona_core::atomic::write(&place.path().join("base").join(name), bytes).unwrap();
    }
    let ran = place.run(&["pipeline", "--base", "base"]);
    assert_says(
        &ran,
        1,
        &[
            "error: the base model `base` has no tokenizer (`tokenizer.json`)\n",
            "hint: ",
        ],
    );
}

#[test]
fn an_input_that_does_not_exist() {
    let place = Place::with_server(1);
    let ran = place.run(&["pipeline", "--input", "other.json"]);
    assert_says(
        &ran,
        1,
        &[
            "error: cannot read `other.json`\ncaused by: ",
            "hint: check the path",
        ],
    );
}

#[test]
fn an_input_that_is_no_export() {
    let place = Place::with_server(1);
    place.write("chat/general.json", "{\"guild\": {\"id\": 1,}, nonsense");
    let ran = place.run(&["pipeline"]);
    assert_says(&ran, 1, &["error: ", "general.json"]);
    place.write("notes.txt", "milk, bread\n");
    let ran = place.run(&["ingest", "export", "notes.txt"]);
    assert_says(&ran, 1, &["error: ", "notes.txt"]);
}

#[test]
fn a_truncated_export_keeps_its_whole_messages_and_fails() {
    let place = Place::with_server(40);
    let text = export(40).to_string();
    place.write("chat/general.json", &text[..text.len() * 3 / 4]);
    let ran = place.run(&["ingest", "export", "chat"]);
    assert_says(&ran, 1, &["error: ", "general.json", "byte"]);
    let doctor = place.run(&["dataset"]);
    assert!(
        doctor.stdout.contains("messages") || !doctor.stderr.contains("there is no store"),
        "{}",
        doctor.stderr
    );
}

#[test]
fn an_unknown_key_in_the_configuration() {
    let place = Place::new();
    place.write("persona.toml", "seed = 1\n\n[train]\nepoch = 3\n");
    let ran = place.run(&["doctor"]);
    assert_says(
        &ran,
        2,
        &[
            "error: `persona.toml`, line 4: there is no key `epoch` in [train]\n",
            "hint: did you mean `epochs`",
        ],
    );
    let ran = place.run(&["doctor", "--config", "missing.toml"]);
    assert_says(&ran, 1, &["error: cannot read `missing.toml`\n"]);
}

#[test]
fn a_line_in_env_that_is_no_setting() {
    let place = Place::new();
    place.write(".env", "DISCORD_TOKEN=a\nverysecret\n");
    let ran = place.run(&["doctor"]);
    assert_says(&ran, 1, &["error: `.env`, line 2: expected `NAME=value`\n"]);
    assert!(!ran.stderr.contains("verysecret"));
}

#[test]
fn commands_before_what_they_need() {
    let place = Place::with_server(1);
    for (arguments, error, hint) in [
        (
            &["dataset"][..],
            "there is no store `runs/default/persona.sqlite`",
            "cargo xtask ingest export",
        ),
        (
            &["train"],
            "the run `default` has no dataset",
            "cargo xtask dataset",
        ),
        (
            &["export"],
            "the run `default` has no finished adapter",
            "cargo xtask train",
        ),
        (
            &["eval"],
            "the run `default` has no dataset",
            "cargo xtask dataset",
        ),
        (
            &["blind-test"],
            "the run `default` has no blind test",
            "cargo xtask eval",
        ),
        (
            &["chat"],
            "the run `default` has no exported model",
            "cargo xtask export",
        ),
        (
            &["chat", "--gguf", "no.gguf"],
            "there is no file `no.gguf`",
            "without --gguf",
        ),
    ] {
        let ran = place.run(arguments);
        assert_says(&ran, 1, &[&format!("error: {error}\n"), hint]);
    }
}

#[test]
fn files_that_are_no_model() {
    let place = Place::new();
    place.write("text.gguf", "GGUF but not really");
    for arguments in [
        &["inspect", "text.gguf"][..],
        &["chat", "--gguf", "text.gguf", "--prompt", "hi"],
    ] {
        assert_says(&place.run(arguments), 1, &["error: ", "text.gguf"]);
    }
}

#[test]
fn an_empty_export_and_a_single_message_say_why_they_cannot_be_learnt_from() {
    for messages in [0, 1] {
        let place = Place::with_server(messages);
        let ran = place.run(&["pipeline"]);
        assert_says(&ran, 1, &["error: ", "hint: "]);
    }
}

#[test]
fn interrupted_and_failed_stages_leave_no_manifest() {
    let place = Place::with_server(1);
    assert_eq!(place.run(&["pipeline"]).code, Some(1));
    assert!(
        place
            .path()
            .join("runs/default/ingest/manifest.json")
            .is_file()
    );
    assert!(
        !place
            .path()
            .join("runs/default/dataset/manifest.json")
            .exists()
    );
}

#[test]
fn a_run_in_use_says_by_whom_and_may_still_be_looked_at() {
    let place = Place::with_server(1);
    let run = RunFolder::new(place.path().join("runs/default"));
    let lock = RunLock::take(&run, "cargo xtask pipeline").unwrap();
    let expected = format!(
        "error: the run `default` is in use: `cargo xtask pipeline` (process {}) has been writing to it since ",
        std::process::id()
    );
    for arguments in [
        &["pipeline"][..],
        &["ingest", "export", "chat"],
        &["train"],
        &["export"],
        &["eval"],
    ] {
        let ran = place.run(arguments);
        assert_says(&ran, 1, &[&expected, "hint: wait until it is done"]);
    }
    place.ok(&["pipeline", "--dry-run"]);
    place.ok(&["ingest", "export", "chat", "--run", "other"]);
    drop(lock);
    place.ok(&["ingest", "export", "chat"]);
}

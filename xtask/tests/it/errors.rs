//! What users meet when something is missing or wrong. Each error names the thing, says why, and what to do.

use std::fs;

use persona_run::{RunFolder, lock::RunLock};

use crate::harness::{Place, export, fixture_base};

#[test]
fn no_base() {
    let place = Place::with_server(1);
    let ran = place.run(&["pipeline", "--base", "./nowhere"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: the base model `./nowhere` does not exist
    hint: give a folder in Hugging Face layout or a repository such as Qwen/Qwen2.5-0.5B-Instruct with --base; without --base it is data/base/persona-tiny
    ");
}

#[test]
fn a_base_without_tokenizer() {
    let place = Place::with_server(1);
    for name in ["config.json", "model.safetensors"] {
        let bytes = fs::read(fixture_base().join(name)).unwrap();
        persona_core::atomic::write(&place.path().join("base").join(name), bytes).unwrap();
    }
    let ran = place.run(&["pipeline", "--base", "base"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: the base model `base` has no tokenizer (`tokenizer.json`)
    hint: a base is a folder in Hugging Face layout: config.json, tokenizer.json, tokenizer_config.json and model.safetensors (or shards with model.safetensors.index.json)
    ");
}

#[test]
fn an_input_that_does_not_exist() {
    let place = Place::with_server(1);
    let ran = place.run(&["pipeline", "--input", "other.json"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: cannot read `other.json`
    caused by: No such file or directory (os error 2)
    hint: check the path; relative paths start at the current folder
    ");
}

#[test]
fn an_input_that_is_no_export() {
    let place = Place::with_server(1);
    place.write("chat/general.json", "{\"guild\": {\"id\": 1,}, nonsense");
    let ran = place.run(&["pipeline"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: `chat`, all of its files: found no export, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    ");
    place.write("notes.txt", "milk, bread\n");
    let ran = place.run(&["ingest", "export", "notes.txt"]);
    insta::assert_snapshot!(place.told(&ran, 1), @r"
    error: `notes.txt`, byte 0: found `milk, bread\n`, expected a DiscordChatExporter object with `guild`, `channel` and `messages`, a list of Discord API messages, or the messages of a data package
    hint: export with DiscordChatExporter (`--format Json`) or Discrub (JSON), or give a Discord data package
    ");
}

#[test]
fn a_truncated_export_keeps_its_whole_messages_and_fails() {
    let place = Place::with_server(40);
    let text = export(40).to_string();
    place.write("chat/general.json", &text[..text.len() * 3 / 4]);
    let ran = place.run(&["ingest", "export", "chat"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: `chat/general.json` breaks off at byte 10587: the file ends inside a message; the 30 whole messages before it are stored
    hint: export this channel again and run the same command: what is stored already is not stored twice
    ");
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
    insta::assert_snapshot!(place.told(&ran, 2), @"
    error: `persona.toml`, line 4: there is no key `epoch` in [train]
    hint: did you mean `epochs`
    ");
    let ran = place.run(&["doctor", "--config", "missing.toml"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: cannot read `missing.toml`
    caused by: No such file or directory (os error 2)
    hint: check the path; relative paths start at the current folder
    ");
}

#[test]
fn a_line_in_env_that_is_no_setting() {
    let place = Place::new();
    place.write(".env", "DISCORD_TOKEN=a\nverysecret\n");
    let ran = place.run(&["doctor"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"error: `.env`, line 2: expected `NAME=value`");
    assert!(!ran.stderr.contains("verysecret"));
}

#[test]
fn commands_before_what_they_need() {
    let place = Place::with_server(1);
    let told = [
        &["dataset"][..],
        &["train"],
        &["export"],
        &["eval"],
        &["blind-test"],
        &["chat"],
        &["chat", "--gguf", "no.gguf"],
    ]
    .map(|arguments| {
        let told = place.told(&place.run(arguments), 1);
        format!("$ {}\n{told}", arguments.join(" "))
    });
    insta::assert_snapshot!(told.join("\n"), @"
    $ dataset
    error: there is no store `runs/default/persona.sqlite`
    hint: fill one first: cargo xtask ingest export PATH…

    $ train
    error: the run `default` has no dataset
    hint: build it first: cargo xtask dataset; or do everything: cargo xtask pipeline

    $ export
    error: the run `default` has no finished adapter
    hint: train one first: cargo xtask train; or export a base as it is: --from-hf DIR --out DIR

    $ eval
    error: the run `default` has no dataset
    hint: build it first: cargo xtask dataset; or do everything: cargo xtask pipeline

    $ blind-test
    error: the run `default` has no blind test
    hint: an evaluation makes it: cargo xtask eval

    $ chat
    error: the run `default` has no exported model
    hint: make it first: cargo xtask export; or do everything: cargo xtask pipeline

    $ chat --gguf no.gguf
    error: there is no file `no.gguf`
    hint: without --gguf the model of the run is taken: cargo xtask chat --run NAME
    ");
}

#[test]
fn files_that_are_no_model() {
    let place = Place::new();
    place.write("text.gguf", "GGUF but not really");
    let ran = place.run(&["inspect", "text.gguf"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: `text.gguf`, byte 8: found version 1953849888, expected 2 or 3
    hint: give a model in the GGUF format; a Hugging Face folder becomes one with `cargo xtask export`
    ");
    let ran = place.run(&["chat", "--gguf", "text.gguf", "--prompt", "hi"]);
    insta::assert_snapshot!(place.told(&ran, 1), @"
    error: `text.gguf`, byte 8: found version 1953849888, expected 2 or 3
    hint: give a model in the GGUF format; a Hugging Face folder becomes one with `cargo xtask export`
    ");
}

#[test]
fn an_empty_export_and_a_single_message_say_why_they_cannot_be_learnt_from() {
    let told = [0, 1].map(|messages| {
        let place = Place::with_server(messages);
        place.told(&place.run(&["pipeline"]), 1)
    });
    insta::assert_snapshot!(told.join("\n"), @"
    error: nothing to learn from: 0 messages, 0 kept, 0 conversations, none with a turn that answers another
    hint: a reply needs a turn by somebody before it in the same channel: ingest more history, allow more channels, raise `limit`, or set `openers = true` in [conversation]

    error: nothing to learn from: 1 messages, 1 kept, 1 conversations, none with a turn that answers another
    hint: a reply needs a turn by somebody before it in the same channel: ingest more history, allow more channels, raise `limit`, or set `openers = true` in [conversation]
    ");
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
    for arguments in [
        &["pipeline"][..],
        &["ingest", "export", "chat"],
        &["train"],
        &["export"],
        &["eval"],
    ] {
        let told = place.told(&place.run(arguments), 1);
        let (told, hint) = told.split_once(" since ").unwrap();
        let expected = format!(
            "error: the run `default` is in use: `cargo xtask pipeline` (process {}) has been writing to it",
            std::process::id()
        );
        assert_eq!(told, expected);
        let (_time, hint) = hint.split_once('\n').unwrap();
        assert_eq!(
            hint,
            "hint: wait until it is done, or stop it; --run NAME works on another run meanwhile\n"
        );
    }
    place.ok(&["pipeline", "--dry-run"]);
    place.ok(&["ingest", "export", "chat", "--run", "other"]);
    drop(lock);
    place.ok(&["ingest", "export", "chat"]);
}

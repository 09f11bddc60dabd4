//! A model is served with the form of conversations that it was trained with, whatever `persona.toml` says.

use std::{fs, io::Write as _, process::Stdio};

use serde_json::{Value, json};

use crate::harness::{Place, Ran};

const GGUF: &str = "runs/default/export/persona-q8_0.gguf";

/// Says three lines to the persona.
fn chat(place: &Place, more: &[&str]) -> (Vec<Value>, String) {
    let arguments = ["chat", "--greedy", "--max-tokens", "3", "--json"];
    let mut child = place
        .command(&[&arguments, more].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"tea\nmore tea\nwho wants rain\n").unwrap();
    drop(stdin);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let replies = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    (replies.collect(), ran.stderr)
}

/// Tokens of the prompt of the last reply.
fn last_prompt(replies: &[Value]) -> usize {
    replies.last().unwrap()["prompt_ids"]
        .as_array()
        .unwrap()
        .len()
}

/// What a finished run, trained with five turns, does when the configuration asks for one.
///
/// Gives the tokens of a prompt with all of them.
pub(crate) fn a_run_keeps_what_it_was_trained_with(place: &Place) -> usize {
    for (path, expected) in [
        ("runs/default/dpo/adapter", 5),
        ("runs/default/export/merged", 5),
        (GGUF, 5),
    ] {
        let found = place.ok(&["inspect", "--json", path]).json();
        assert_eq!(
            found["metadata"]["persona.conversation.context_turns"], expected,
            "{path}"
        );
    }
    let (replies, said) = chat(place, &[]);
    assert!(!said.contains("context_turns"), "{said}");

    let config = fs::read_to_string(place.path().join("persona.toml")).unwrap();
    place.write(
        "persona.toml",
        &format!("{config}[conversation]\ncontext_turns = 1\n"),
    );
    let (same, said) = chat(place, &[]);
    assert_eq!(same, replies);
    let warning = format!(
        "`persona.toml` says `context_turns = 1` for conversations, but the model was trained with `5` (`{GGUF}`), and that holds"
    );
    assert!(said.contains(&warning), "{said}");
    let evaluated = place.ok(&["eval", "--json"]);
    assert!(evaluated.stderr.contains(&warning), "{}", evaluated.stderr);
    for command in ["train", "pipeline"] {
        let refused = place.run(&[command]);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("conversation.context_turns = 5")
                && refused.stderr.contains("conversation.context_turns = 1")
                && refused.stderr.contains("--change"),
            "{}",
            refused.stderr
        );
    }
    let outlook = place
        .ok(&["pipeline", "--dry-run", "--change", "--json"])
        .json();
    for step in &outlook["stages"].as_array().unwrap()[1..] {
        assert_eq!(step["runs"], true, "{outlook}");
    }
    place.write("persona.toml", &config);
    last_prompt(&replies)
}

/// The same run, without preference training, as a version would have left it that recorded the form nowhere but in the settings.
pub(crate) fn a_run_of_an_older_version_still_works(place: &Place, tokens: usize) {
    let adapter = "runs/default/sft/adapter";
    fs::remove_file(place.path().join(adapter).join("conversation.json")).unwrap();
    place.ok(&[
        "export",
        "--adapter",
        adapter,
        "--out",
        "old",
        "--quant",
        "q8_0",
    ]);
    fs::rename(
        place.path().join("old/persona-q8_0.gguf"),
        place.path().join(GGUF),
    )
    .unwrap();
    let found = place.ok(&["inspect", GGUF]).stdout;
    assert!(!found.contains("persona.conversation"), "{found}");
    let (replies, said) = chat(place, &["--gguf", GGUF]);
    assert_eq!(last_prompt(&replies), tokens);
    assert!(
        said.contains("does not say which form of conversations"),
        "{said}"
    );

    let manifest = place.path().join("runs/default/dataset/manifest.json");
    let mut recorded: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let config = recorded["config"].as_object_mut().unwrap();
    config.remove("conversation");
    for (key, value) in [
        ("context_turns", json!(2)),
        ("openers", json!(false)),
        ("turn_gap_minutes", json!(7)),
        ("silence_minutes", json!(30)),
    ] {
        config.insert(key.to_owned(), value);
    }
    persona_core::atomic::write_json(&manifest, &recorded).unwrap();
    let path = "runs/default/config.toml";
    let recorded = fs::read_to_string(place.path().join(path)).unwrap();
    let mut recorded: toml::Table = recorded.parse().unwrap();
    for section in ["conversation", "sampling"] {
        recorded.remove(section).unwrap();
    }
    for section in ["dataset", "train"] {
        let section = recorded[section].as_table_mut().unwrap();
        section.insert("context_turns".to_owned(), 2.into());
    }
    let drawing = toml::Table::from_iter([("temperature".to_owned(), 0.5.into())]);
    recorded.insert("chat".to_owned(), drawing.into());
    place.write(path, &recorded.to_string());
    let (replies, said) = chat(place, &[]);
    assert!(!said.contains("another version"), "{said}");
    assert!(
        last_prompt(&replies) < tokens,
        "two turns are fewer than five"
    );
    place.ok(&["eval", "--json"]);
}

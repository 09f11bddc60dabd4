//! House rules and the invariants of docs/ARCHITECTURE.md, as far as a test can see them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use crate::harness::workspace;

const LONGEST_FILE: usize = 400;

/// Files of the repository with one of `endings`, by their path below the root.
fn files(endings: &[&str]) -> Vec<(String, String)> {
    let root = workspace();
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    found
        .into_iter()
        .filter(|path| {
            path.extension()
                .is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted))
        })
        .map(|path| {
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", ".git", "data", "runs"].contains(&name.as_str()) {
                walk(&path, found);
            }
        } else {
            found.push(path);
        }
    }
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.split('/').any(|part| part == "tests")
}

#[test]
fn every_source_file_says_what_it_is_about_and_stays_small() {
    for (name, text) in files(&["rs"]) {
        assert!(
            text.starts_with("//! ") || is_test(&name),
            "{name} does not begin with `//!`"
        );
        let lines = text.lines().count();
        assert!(
            lines <= LONGEST_FILE,
            "{name} has {lines} lines, at most {LONGEST_FILE} are allowed"
        );
    }
}

#[test]
fn no_trailing_whitespace_and_nothing_left_for_later() {
    let later = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
    ];
    for (name, text) in files(&["rs", "toml", "md", "sql", "py", "sh", "yml", "yaml"]) {
        for (index, line) in text.lines().enumerate() {
            assert!(
                line.trim_end() == line,
                "{name}:{} ends with whitespace",
                index + 1
            );
            for mark in later {
                assert!(!line.contains(mark), "{name}:{} holds {mark}", index + 1);
            }
        }
        assert!(
            text.is_empty() || text.ends_with('\n'),
            "{name} does not end with a newline"
        );
    }
}

#[test]
fn nothing_uses_the_operations_that_cut_gradients() {
    for (name, text) in files(&["rs"])
        .into_iter()
        .filter(|(name, _)| !is_test(name))
    {
        for operation in [
            concat!("softmax_last", "_dim"),
            concat!("ops::rms", "_norm("),
            concat!("rotary_emb", "::"),
            concat!("candle_", "nn::"),
        ] {
            let code = text
                .lines()
                .find(|line| line.contains(operation) && !line.trim_start().starts_with("//"));
            assert_eq!(code, None, "{name} uses {operation}");
        }
    }
}

/// A package and what it depends on outside tests.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let manifests = files(&["toml"])
        .into_iter()
        .filter(|(name, _)| name.ends_with("/Cargo.toml"));
    manifests
        .map(|(name, text)| {
            let manifest: toml::Table = text.parse().unwrap();
            assert_eq!(
                manifest["lints"]["workspace"].as_bool(),
                Some(true),
                "{name} does not take the lints of the workspace"
            );
            let package = manifest["package"]["name"].as_str().unwrap().to_owned();
            let own = manifest.get("dependencies").and_then(toml::Value::as_table);
            (
                package,
                own.into_iter()
                    .flat_map(|table| table.keys().cloned())
                    .collect(),
            )
        })
        .collect()
}

fn users(of: &str) -> Vec<String> {
    let users = dependencies()
        .into_iter()
        .filter(|(_, own)| own.contains(of));
    users.map(|(package, _)| package).collect()
}

#[test]
fn the_core_is_light() {
    let own = &dependencies()["persona-core"];
    for heavy in [
        "candle-core",
        "candle-nn",
        "safetensors",
        "tokenizers",
        "rusqlite",
        "polars",
        "hf-hub",
        "ureq",
        "reqwest",
        "tokio",
        "serenity",
        "clap",
    ] {
        assert!(!own.contains(heavy), "persona-core depends on {heavy}");
    }
    assert!(
        own.iter().all(|name| !name.starts_with("persona-")),
        "{own:?}"
    );
}

#[test]
fn strangers_files_are_read_without_a_tensor_library() {
    let own = &dependencies()["persona-gguf"];
    let expected = ["half", "persona-core", "thiserror"];
    assert_eq!(own.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    for (name, text) in files(&["rs"]) {
        let other_reader = concat!("quantized::gguf", "_file");
        assert!(
            !text.contains(other_reader),
            "{name} reads GGUF by another reader"
        );
    }
}

#[test]
fn each_library_has_one_owner() {
    assert_eq!(users("polars"), ["dataset"]);
    assert_eq!(users("rusqlite"), ["persona-store"]);
    assert_eq!(users("tokenizers"), ["persona-model"]);
    assert_eq!(users("hf-hub"), ["persona-run"]);
    assert_eq!(users("candle-nn"), Vec::<String>::new());
    let discord = ["bot", "discord-server", "ingest", "persona-discord"];
    // The engine speaks with the server of a model, and never with Discord.
    let network = [&discord[..], &["persona-engine"]].concat();
    for (library, allowed) in [
        ("serenity", &discord[..]),
        ("tokio", &network),
        ("reqwest", &network),
    ] {
        let strangers: Vec<String> = users(library)
            .into_iter()
            .filter(|user| !allowed.contains(&user.as_str()))
            .collect();
        assert_eq!(strangers, Vec::<String>::new(), "{library}");
    }
}

#[test]
fn stages_meet_in_files() {
    let stages = [
        "ingest",
        "dataset",
        "lora-trainer",
        "dpo",
        "gguf-export",
        "eval",
        "bot",
    ];
    let packages = dependencies();
    let mut found = Vec::new();
    for stage in stages {
        for other in stages
            .iter()
            .filter(|other| packages[stage].contains(**other))
        {
            found.push((stage, *other));
        }
    }
    // The engine of training, and the bot's command to fetch what is new.
    assert_eq!(found, [("dpo", "lora-trainer"), ("bot", "ingest")]);
    for foundation in [
        "persona-core",
        "persona-run",
        "persona-store",
        "persona-gguf",
        "persona-model",
        "persona-conversation",
        "persona-discord",
        "persona-engine",
        "persona-recall",
    ] {
        let upward: Vec<&str> = stages
            .into_iter()
            .filter(|stage| packages[foundation].contains(*stage))
            .collect();
        assert_eq!(upward, Vec::<&str>::new(), "{foundation} depends on stages");
    }
}

#[test]
fn the_readme_names_the_test_command_of_the_checks() {
    let readme = fs::read_to_string(workspace().join("README.md")).unwrap();
    let checks = fs::read_to_string(workspace().join(".ci/run")).unwrap();
    let command = "cargo test --workspace";
    assert!(
        readme.contains(&format!("\n{command}\n")),
        "README.md does not show `{command}`"
    );
    assert!(
        checks.lines().any(|line| line == format!("step {command}")),
        ".ci/run does not run `{command}`"
    );
}

#[test]
fn the_changelog_knows_the_version() {
    let changelog = fs::read_to_string(workspace().join("CHANGELOG.md")).unwrap();
    assert!(changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

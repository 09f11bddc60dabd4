//! Every file of the corpus, and seeded damage of it, goes through the function it is for.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fuzz::{TARGETS, Target};
use rand::{SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::mutate::mutated;

/// Damaged files per function.
const MUTATIONS: usize = 400;

fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(name);
    let entries =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        })
        .collect()
}

/// Files that begin with `good` must be taken and those that begin with `bad` refused; what a fuzzer found (`found-…`)
/// must only not panic.
fn replay(name: &str, target: Target) {
    let files = corpus(name);
    for (path, bytes) in &files {
        let taken = target(bytes);
        let file = path.file_name().unwrap().to_string_lossy();
        let expected = match file.split('-').next() {
            Some("good") => Some(true),
            Some("bad") => Some(false),
            Some("found") => None,
            _ => panic!(
                "{}: expected `good-…`, `bad-…` or `found-…`",
                path.display()
            ),
        };
        assert!(
            expected.is_none_or(|expected| expected == taken),
            "{file}: taken is {taken}"
        );
    }
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for number in 0..MUTATIONS {
        let (path, original) = files.choose(&mut random).unwrap();
        let (_, other) = files.choose(&mut random).unwrap();
        let bytes = mutated(original, other, &mut random);
        let outcome = std::panic::catch_unwind(|| target(&bytes));
        if outcome.is_err() {
            let kept = std::env::temp_dir().join(format!("{name}-{number}"));
            persona_core::atomic::write(&kept, &bytes).unwrap();
            panic!(
                "mutation {number} of {}, kept as {}: the panic is above",
                path.display(),
                kept.display()
            );
        }
    }
}

#[test]
fn adapter_config() {
    replay("adapter_config", fuzz::adapter_config);
}

#[test]
fn discord_page() {
    replay("discord_page", fuzz::discord_page);
}

#[test]
fn export() {
    replay("export", fuzz::export);
}

#[test]
fn gguf() {
    replay("gguf", fuzz::gguf);
}

#[test]
fn package() {
    replay("package", fuzz::package);
}

#[test]
fn safetensors() {
    replay("safetensors", fuzz::safetensors);
}

#[test]
fn settings() {
    replay("settings", fuzz::settings);
}

#[test]
fn slash() {
    replay("slash", fuzz::slash);
}

#[test]
fn tokenizer() {
    replay("tokenizer", fuzz::tokenizer);
}

#[test]
fn every_function_has_a_program_and_a_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    let listed = |folder: &str| {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        let mut found: Vec<String> = entries
            .map(|entry| {
                let path = entry.unwrap().path();
                path.file_stem().unwrap().to_string_lossy().into_owned()
            })
            .collect();
        found.sort();
        found
    };
    assert_eq!(listed("corpus"), names);
    assert_eq!(listed("libfuzzer/fuzz_targets"), names);
    let manifest = fs::read_to_string(root.join("libfuzzer/Cargo.toml")).unwrap();
    for name in names {
        assert!(
            manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}

//! Tests that the programs read what `docs/OPERATIONS.md` tells people to write.

use std::{fs, path::Path};

use bot::{BotConfig, Program};

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATIONS.md");
    fs::read_to_string(path).unwrap()
}

/// Code blocks of one language.
fn blocks(language: &str) -> Vec<String> {
    let document = document();
    let opening = format!("```{language}\n");
    let parts = document.split(&opening).skip(1);
    parts
        .map(|part| {
            let (block, _) = part.split_once("```").unwrap();
            // Blocks in lists are indented.
            let lines = block
                .lines()
                .map(|line| line.trim_start().to_owned() + "\n");
            lines.collect()
        })
        .collect()
}

#[test]
fn settings_are_read_as_shown_and_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("persona.toml");
    let blocks = blocks("toml");
    assert!(blocks.len() >= 4, "{blocks:#?}");
    let defaults = BotConfig::default();
    for block in blocks {
        persona_core::atomic::write(&path, &block).unwrap();
        let read =
            Program::read(Some(&path), None).unwrap_or_else(|error| panic!("{block}{error}"));
        // Sections that list figures list the defaults.
        assert_eq!(read.bot.supervise, defaults.supervise, "{block}");
        assert_eq!(read.bot.log, defaults.log, "{block}");
        assert_eq!(read.bot.remote, defaults.remote, "{block}");
    }
}

#[test]
fn commands_exist() {
    for line in document().lines() {
        let Some(rest) = line.trim().strip_prefix("persona-bot ") else {
            continue;
        };
        let command = rest.split_whitespace().next().unwrap();
        let help = std::process::Command::new(env!("CARGO_BIN_EXE_persona-bot"))
            .args([command, "--help"])
            .output()
            .unwrap();
        assert!(help.status.success(), "{line}");
        let help = String::from_utf8(help.stdout).unwrap();
        for flag in rest
            .split_whitespace()
            .filter(|word| word.starts_with("--"))
        {
            assert!(help.contains(flag), "{line}: {flag}");
        }
    }
}

#[test]
fn exit_codes_are_the_programs() {
    use bot::supervise::{HOPELESS, RESTART, UNREACHABLE};
    for code in [HOPELESS, RESTART, UNREACHABLE] {
        assert!(document().contains(&format!("\n| {code} | ")), "{code}");
    }
}

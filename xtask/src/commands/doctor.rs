//! `doctor`: what this machine and this configuration can do, what is missing and how to get it.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;
use persona_model::{Qwen2Config, Tokenizer};
use persona_run::{
    Overrides,
    checkup::{self, Check, State, missing, note, ok, render},
};
use serde::Serialize;

use crate::{failure::Status, invocation::Invocation};

/// Shows what this machine and this configuration can do, what is missing and how to get it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each line says `ok`, `note` (works without, or is needed later) or `missing` (the pipeline cannot run); the exit code is 1 where
something is missing. Tokens are looked for, never shown.

Examples:
  cargo xtask doctor
  cargo xtask doctor --base Qwen/Qwen2.5-3B-Instruct --input exports/
  cargo xtask doctor --json | jq '.checks[] | select(.state == \"missing\")'")]
pub(crate) struct Doctor {
    /// The base model to look for
    #[arg(long, value_name = "DIR|REPO")]
    base: Option<String>,
    /// The exports to look for
    #[arg(long, value_name = "PATH", num_args = 1..)]
    input: Vec<std::path::PathBuf>,
}

#[derive(Serialize)]
struct Checks {
    checks: Vec<Check>,
    verdict: String,
}

impl Doctor {
    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .set("base", self.base.clone())
            .paths("input", &self.input)
            .table()
    }

    /// Runs the command: prints all checks and a verdict.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let mut checks = vec![
            checkup::processor(),
            checkup::memory(),
            checkup::disk(invocation.run.folder.root()),
            checkup::graphics_card(),
            checkup::configuration(invocation.config_file.as_deref()),
        ];
        checks.extend(base_model(invocation));
        checks.push(checkup::embedder(invocation.config.embedder.as_deref()));
        checks.extend([input(invocation), store(invocation)]);
        checks.extend(checkup::forgotten_people(&invocation.run.folder));
        checks.extend(checkup::tokens(&invocation.secrets));
        let lacking: Vec<&str> = checks
            .iter()
            .filter(|check| check.state == State::Missing)
            .map(|check| check.name)
            .collect();
        let missing = !lacking.is_empty();
        let verdict = if missing {
            format!("Not ready: see to {} first.", lacking.join(", "))
        } else {
            format!("Ready. A trial of a minute: {}", self.trial(invocation))
        };
        let text = format!("{}\n{verdict}\n", render(&checks));
        invocation.print(&Checks { checks, verdict }, &text)?;
        Ok(if missing {
            Status::Missing
        } else {
            Status::Done
        })
    }

    /// Command line of a trial with the given base and input.
    fn trial(&self, invocation: &Invocation) -> String {
        let mut command = "cargo xtask pipeline --test".to_owned();
        for path in &self.input {
            let _ = write!(command, " --input {:?}", path.display().to_string());
        }
        if self.base.is_some() {
            let _ = write!(command, " --base {:?}", invocation.config.base);
        }
        command
    }
}

/// Checks the base model and its tokenizer.
fn base_model(invocation: &Invocation) -> Vec<Check> {
    let folder = match checkup::base_files(&invocation.config.base) {
        Ok(folder) => folder,
        Err(check) => return vec![check],
    };
    if let Err(error) = Qwen2Config::load(&folder) {
        return vec![missing(
            checkup::BASE,
            format!("{:#}", anyhow::Error::new(error)),
            "only Qwen2 and Qwen2.5 models can be trained, such as Qwen/Qwen2.5-0.5B-Instruct",
        )];
    }
    vec![
        ok(checkup::BASE, folder.display().to_string()),
        tokenizer(&folder),
    ]
}

fn tokenizer(folder: &Path) -> Check {
    match Tokenizer::load(folder) {
        Ok(tokenizer) => ok("tokenizer", format!("{} tokens", tokenizer.vocab_size())),
        Err(error) => missing(
            "tokenizer",
            format!("{:#}", anyhow::Error::new(error)),
            "the base needs tokenizer.json and tokenizer_config.json of its repository",
        ),
    }
}

fn input(invocation: &Invocation) -> Check {
    let sources = invocation.sources();
    if sources.is_empty() {
        return ok("input", "none: the store is used as it is");
    }
    if let Some(path) = sources.iter().find(|path| fs::metadata(path).is_err()) {
        return missing(
            "input",
            format!("`{}` does not exist", path.display()),
            "export your server with DiscordChatExporter (JSON), or without --input use the sample: cargo xtask sample",
        );
    }
    let mut reasons = sources
        .iter()
        .filter_map(|path| Some((path, ingest::not_an_export(path)?)));
    if let Some((path, reason)) = reasons.next() {
        return missing(
            "input",
            format!("`{}` {reason}", path.display()),
            "give DiscordChatExporter JSON, a data package of Discord, or a folder or archive with such files",
        );
    }
    let names: Vec<String> = sources
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    ok("input", names.join(", "))
}

fn store(invocation: &Invocation) -> Check {
    let path = invocation.run.store();
    if !path.exists() {
        return note(
            "store",
            format!("{} is not there yet", path.display()),
            "`cargo xtask pipeline` and `cargo xtask ingest` make it",
        );
    }
    match persona_store::Store::open(&path) {
        Ok(_) => ok("store", path.display().to_string()),
        Err(error) => missing(
            "store",
            format!("{:#}", anyhow::Error::new(error)),
            "move it away: the pipeline builds it again from the exports",
        ),
    }
}

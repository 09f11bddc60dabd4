//! `doctor`: what this machine and this configuration can do, what is missing and how to get it.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;
use persona_model::{Qwen2Config, Tokenizer};
use persona_run::{
    Overrides, Stage, base,
    checkup::{Check, State, disk, memory, missing, note, ok, processor, render},
    forgotten, machine,
    secrets::{DISCORD_TOKEN, HF_TOKEN},
};
use serde::Serialize;

use crate::{failure::Status, session::Session};

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
    /// The flags as configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .set("base", self.base.clone())
            .paths("input", &self.input)
            .table()
    }

    /// Looks at everything and says what was found.
    pub(crate) fn run(&self, session: &Session) -> Result<Status> {
        let mut checks = vec![
            processor(),
            memory(),
            disk(session.run.folder.root()),
            graphics(),
            configuration(session),
        ];
        checks.extend(base_model(session));
        checks.extend([embedder(session), input(session), store(session)]);
        checks.extend(marked(session));
        checks.push(token(
            session,
            DISCORD_TOKEN,
            "needed by the bot and by `ingest` from Discord, not by exports: make an application at discord.com/developers, \
             copy the token of its bot and put DISCORD_TOKEN=… into .env",
        ));
        checks.push(token(
            session,
            HF_TOKEN,
            "needed only for models that ask for an account: make a token at huggingface.co/settings/tokens and put HF_TOKEN=… into .env",
        ));
        let lacking: Vec<&str> = checks
            .iter()
            .filter(|check| check.state == State::Missing)
            .map(|check| check.name)
            .collect();
        let missing = !lacking.is_empty();
        let verdict = if missing {
            format!("Not ready: see to {} first.", lacking.join(", "))
        } else {
            format!("Ready. A trial of a minute: {}", self.trial(session))
        };
        let text = format!("{}\n{verdict}\n", render(&checks));
        session.print(&Checks { checks, verdict }, &text)?;
        Ok(if missing {
            Status::Missing
        } else {
            Status::Done
        })
    }

    /// The command for a trial with what was looked at.
    fn trial(&self, session: &Session) -> String {
        let mut command = "cargo xtask pipeline --test".to_owned();
        for path in &self.input {
            let _ = write!(command, " --input {:?}", path.display().to_string());
        }
        if self.base.is_some() {
            let _ = write!(command, " --base {:?}", session.config.base);
        }
        command
    }
}

fn graphics() -> Check {
    ok(
        "graphics card",
        "not used yet: training and replies run on the processor",
    )
}

fn configuration(session: &Session) -> Check {
    if let Some(file) = &session.config_file {
        return ok("configuration", file.display().to_string());
    }
    note(
        "configuration",
        "no persona.toml: defaults",
        "to change settings for good: cp persona.example.toml persona.toml",
    )
}

/// The base and its tokenizer.
fn base_model(session: &Session) -> Vec<Check> {
    let name = &session.config.base;
    let Some(folder) = base::local(name) else {
        let check = if base::is_repository(name) {
            note(
                "base model",
                format!("{name} is not on this machine yet"),
                base::doubt(name, machine::memory().available)
                    .unwrap_or_else(|| "the pipeline downloads it".to_owned()),
            )
        } else {
            missing(
                "base model",
                format!("`{name}` does not exist"),
                "give a folder in Hugging Face layout, or a repository such as Qwen/Qwen2.5-0.5B-Instruct, with --base",
            )
        };
        return vec![check];
    };
    let model = match base::missing(&folder) {
        Ok(None) => match Qwen2Config::load(&folder) {
            Ok(_) => ok("base model", folder.display().to_string()),
            Err(error) => missing(
                "base model",
                format!("{:#}", anyhow::Error::new(error)),
                "only Qwen2 and Qwen2.5 models can be trained, such as Qwen/Qwen2.5-0.5B-Instruct",
            ),
        },
        Ok(Some(problem)) => missing(
            "base model",
            format!("`{}` {problem}", folder.display()),
            "give another folder with --base, or download all files of this model",
        ),
        Err(error) => missing(
            "base model",
            format!("{:#}", anyhow::Error::new(error)),
            "download the model again",
        ),
    };
    if model.state == State::Missing {
        return vec![model];
    }
    vec![model, tokenizer(&folder)]
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

fn embedder(session: &Session) -> Check {
    let Some(folder) = &session.config.embedder else {
        return note(
            "embedder",
            "none: style is measured with the base model's own hidden states",
            "a sentence-embedding model measures it better: `embedder = \"DIR\"` in persona.toml, such as all-MiniLM-L6-v2",
        );
    };
    if folder.join("config.json").is_file() && folder.join("model.safetensors").is_file() {
        return ok("embedder", folder.display().to_string());
    }
    missing(
        "embedder",
        format!(
            "`{}` has no config.json with model.safetensors",
            folder.display()
        ),
        "give the folder of a BERT-family model in Hugging Face layout, or leave the key out",
    )
}

fn input(session: &Session) -> Check {
    let sources = session.sources();
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

fn store(session: &Session) -> Check {
    let path = session.run.store();
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

/// Stages of the run that hold something of somebody who was forgotten.
fn marked(session: &Session) -> Option<Check> {
    let marked: Vec<&str> = Stage::ALL
        .into_iter()
        .filter(|stage| forgotten::is_noted(&session.run.folder.stage(*stage)))
        .map(Stage::name)
        .collect();
    if marked.is_empty() {
        return None;
    }
    Some(note(
        "forgotten",
        format!(
            "somebody was forgotten whose messages are in: {}",
            marked.join(", ")
        ),
        "`cargo xtask pipeline` builds these anew; `cargo xtask forget --author ID --purge` deletes them at once",
    ))
}

fn token(session: &Session, name: &'static str, how: &str) -> Check {
    match session.secrets.get(name) {
        Some(_) => ok(name, "present"),
        None => note(name, "not set", how),
    }
}

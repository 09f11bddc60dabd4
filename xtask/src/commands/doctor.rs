//! `doctor`: what this machine and this configuration can do, what is missing and how to get it.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;
use indicatif::BinaryBytes;
use persona_model::Tokenizer;
use persona_run::{
    Overrides, Stage, base, config, forgotten, machine,
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

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Note,
    Missing,
}

#[derive(Serialize)]
struct Checks {
    checks: Vec<Check>,
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
    #[expect(
        clippy::unused_self,
        reason = "the flags are in the session; every command is run alike"
    )]
    pub(crate) fn run(&self, session: &Session) -> Result<Status> {
        let mut checks = vec![
            processor(),
            memory(),
            disk(session),
            cuda(),
            configuration(),
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
        let missing = checks.iter().any(|check| check.state == State::Missing);
        let text = render(&checks);
        session.print(&Checks { checks }, &text)?;
        Ok(if missing {
            Status::Missing
        } else {
            Status::Done
        })
    }
}

fn render(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let state = match check.state {
            State::Ok => "ok",
            State::Note => "note",
            State::Missing => "missing",
        };
        let _ = writeln!(text, "{state:8} {:15} {}", check.name, check.found);
        if let Some(how) = &check.how {
            let _ = writeln!(text, "{:24} {how}", "");
        }
    }
    text
}

fn ok(name: &'static str, found: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Ok,
        found: found.into(),
        how: None,
    }
}

fn note(name: &'static str, found: impl Into<String>, how: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Note,
        found: found.into(),
        how: Some(how.into()),
    }
}

fn missing(name: &'static str, found: impl Into<String>, how: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Missing,
        found: found.into(),
        how: Some(how.into()),
    }
}

fn processor() -> Check {
    let features = machine::cpu_features();
    let found = format!(
        "{}, {} cores: {}",
        std::env::consts::ARCH,
        machine::cores(),
        features.join(" ")
    );
    let wanted = if cfg!(target_arch = "x86_64") {
        "avx2"
    } else {
        "neon"
    };
    if features.contains(&wanted) {
        return ok("processor", found);
    }
    note(
        "processor",
        found,
        format!("without {wanted} everything works, several times slower"),
    )
}

fn memory() -> Check {
    let memory = machine::memory();
    let found = format!(
        "{}, {} free",
        BinaryBytes(memory.total),
        BinaryBytes(memory.available)
    );
    if memory.available >= 3 << 30 {
        return ok("memory", found);
    }
    note(
        "memory",
        found,
        "the sample pipeline needs up to 3 GiB: close what else is running",
    )
}

fn disk(session: &Session) -> Check {
    let folder = session.run.folder.root();
    let Some(free) = machine::disk_free(folder) else {
        return note(
            "disk",
            "unknown",
            "the system does not say how much is free",
        );
    };
    let found = format!("{} free for {}", BinaryBytes(free), folder.display());
    if free >= 1 << 30 {
        return ok("disk", found);
    }
    note(
        "disk",
        found,
        "a run of the tiny model takes 200 MB; one of a 3B model about 20 GB",
    )
}

fn cuda() -> Check {
    if cfg!(feature = "cuda") {
        return ok("cuda", "compiled in");
    }
    note(
        "cuda",
        "not compiled in: everything runs on the processor",
        "with an NVIDIA card and nvcc: cargo xtask-cuda …",
    )
}

fn configuration() -> Check {
    if Path::new(config::FILE_NAME).exists() {
        return ok("configuration", config::FILE_NAME);
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
                "the pipeline downloads it",
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
        Ok(None) => ok("base model", folder.display().to_string()),
        Ok(Some(problem)) => missing(
            "base model",
            format!("`{}` {problem}", folder.display()),
            "download the model again, all files of it",
        ),
        Err(error) => missing(
            "base model",
            format!("{:#}", anyhow::Error::new(error)),
            "download the model again",
        ),
    };
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

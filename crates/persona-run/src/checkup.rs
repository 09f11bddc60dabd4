//! The checks of `doctor` that need no model: this machine, the files of a run and the tokens.

use std::{
    error::Error as _,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use persona_core::terminal::binary_bytes;
use serde::Serialize;

use crate::{
    RunFolder, Secrets, Stage, base, forgotten, machine,
    secrets::{DISCORD_TOKEN, HF_TOKEN},
};

/// Name of the check of a base model.
pub const BASE: &str = "base model";

/// Result of checking one thing that a run needs.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Name of the thing.
    pub name: &'static str,
    /// State of the thing.
    pub state: State,
    /// Finding in a few words.
    pub found: String,
    /// Advice to the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// State of a thing that a run needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Present and right.
    Ok,
    /// Not needed now.
    Note,
    /// Missing or wrong; the pipeline cannot run.
    Missing,
}

/// Renders checks as lines for a terminal.
pub fn render(checks: &[Check]) -> String {
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

/// Check of a thing that is right.
pub fn ok(name: &'static str, found: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Ok,
        found: found.into(),
        how: None,
    }
}

/// Check of a thing that is not needed now; `how` advises the user.
pub fn note(name: &'static str, found: impl Into<String>, how: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Note,
        found: found.into(),
        how: Some(how.into()),
    }
}

/// Check of a thing that the pipeline cannot run without; `how` tells how to get it.
pub fn missing(name: &'static str, found: impl Into<String>, how: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Missing,
        found: found.into(),
        how: Some(how.into()),
    }
}

/// Checks the processor for the instructions that the kernels use.
pub fn processor() -> Check {
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

/// Checks that the free memory is enough for the sample server.
pub fn memory() -> Check {
    let memory = machine::memory();
    let found = format!(
        "{}, {} free",
        binary_bytes(memory.total),
        binary_bytes(memory.available)
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

/// Checks the free space of the disk that holds `folder`.
pub fn disk(folder: &Path) -> Check {
    let Some(free) = machine::disk_free(folder) else {
        return note(
            "disk",
            "unknown",
            "the system does not say how much is free",
        );
    };
    let found = format!("{} free for {}", binary_bytes(free), folder.display());
    if free >= 1 << 30 {
        return ok("disk", found);
    }
    note(
        "disk",
        found,
        "a run of the tiny model takes 200 MB; one of a 3B model about 20 GB",
    )
}

/// States that no graphics card is used.
pub fn graphics_card() -> Check {
    ok(
        "graphics card",
        "not used yet: training and replies run on the processor",
    )
}

/// Shows which configuration `file` is read.
pub fn configuration(file: Option<&Path>) -> Check {
    if let Some(file) = file {
        return ok("configuration", file.display().to_string());
    }
    note(
        "configuration",
        "no persona.toml: defaults",
        "to change settings for good: cp persona.example.toml persona.toml",
    )
}

/// Folder of the base model `name`, where all its files are there; otherwise what is wrong, as a check called [`BASE`].
pub fn base_files(name: &str) -> Result<PathBuf, Check> {
    let Some(folder) = base::local(name) else {
        return Err(if base::is_repository(name) {
            note(
                BASE,
                format!("{name} is not on this machine yet"),
                base::doubt(name, machine::memory().available)
                    .unwrap_or_else(|| "the pipeline downloads it".to_owned()),
            )
        } else {
            missing(
                BASE,
                format!("`{name}` does not exist"),
                "give a folder in Hugging Face layout, or a repository such as Qwen/Qwen2.5-0.5B-Instruct, with --base",
            )
        });
    };
    match base::missing(&folder) {
        Ok(None) => Ok(folder),
        Ok(Some(problem)) => Err(missing(
            BASE,
            format!("`{}` {problem}", folder.display()),
            "give another folder with --base, or download all files of this model",
        )),
        Err(error) => Err(missing(
            BASE,
            match error.source() {
                Some(cause) => format!("{error}: {cause}"),
                None => error.to_string(),
            },
            "download the model again",
        )),
    }
}

/// Checks the files of the sentence model in `folder`, where one is configured.
pub fn embedder(folder: Option<&Path>) -> Check {
    let Some(folder) = folder else {
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

/// Lists the stages of `run` that hold messages of a forgotten person; `None` where there are none.
pub fn forgotten_people(run: &RunFolder) -> Option<Check> {
    let noted: Vec<&str> = Stage::ALL
        .into_iter()
        .filter(|stage| forgotten::is_noted(&run.stage(*stage)))
        .map(Stage::name)
        .collect();
    if noted.is_empty() {
        return None;
    }
    Some(note(
        "forgotten",
        format!(
            "somebody was forgotten whose messages are in: {}",
            noted.join(", ")
        ),
        "`cargo xtask pipeline` builds these anew; `cargo xtask forget --author ID --purge` deletes them at once",
    ))
}

/// Checks which tokens are set; they are never shown.
pub fn tokens(secrets: &Secrets) -> [Check; 2] {
    [
        (
            DISCORD_TOKEN,
            "needed by the bot and by `ingest` from Discord, not by exports: make an application at discord.com/developers, \
             copy the token of its bot and put DISCORD_TOKEN=… into .env",
        ),
        (
            HF_TOKEN,
            "needed only for models that ask for an account: make a token at huggingface.co/settings/tokens and put HF_TOKEN=… into .env",
        ),
    ]
    .map(|(name, how)| match secrets.get(name) {
        Some(_) => ok(name, "present"),
        None => note(name, "not set", how),
    })
}

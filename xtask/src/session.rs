//! What every command works with: the resolved configuration, the run's folder and the console.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Result;
use persona_core::{
    Progress, Secrets, forgotten,
    layout::{RunFolder, is_plain_name},
};
use persona_store::Store;
use serde::Serialize;

use crate::{
    base,
    cli::Global,
    config::{self, Config},
    console::Console,
    failure::Usage,
    stage,
};

/// The sample server that comes with the repository.
pub(crate) const SAMPLE: &str = "data/sample";

/// Everything that was settled before a command starts.
pub(crate) struct Session {
    /// The resolved configuration.
    pub(crate) config: Config,
    /// Tokens from `.env` and the environment.
    pub(crate) secrets: Secrets,
    /// Where the run's files lie.
    pub(crate) run: RunFolder,
    /// Progress, warnings and notes.
    pub(crate) console: Console,
    /// Whether results are printed as JSON.
    pub(crate) json: bool,
}

impl Session {
    /// Reads the configuration: defaults, then what the base model recommends, then the file, then `overrides` (the flags).
    pub(crate) fn open(
        global: &Global,
        mut overrides: toml::Table,
        console: Console,
    ) -> Result<Self> {
        if let Some(run) = &global.run {
            overrides.insert("run".to_owned(), run.clone().into());
        }
        let file = config::read_file(global.config.as_deref())?;
        let secrets = Secrets::load(Path::new(".env"))?;
        let recommended = base::recommended(&file, &overrides)?;
        let config = config::resolve(recommended, file, overrides)?;
        check_run_name(&config.run)?;
        Ok(Self {
            run: RunFolder::named(&config.run),
            config,
            secrets,
            console,
            json: global.json,
        })
    }

    /// The store of this run.
    pub(crate) fn store(&self) -> PathBuf {
        self.config
            .store
            .clone()
            .unwrap_or_else(|| self.run.store())
    }

    /// The exports to read: those of the configuration, or the sample server. None, where the run's store was filled by hand,
    /// from Discord or with `ingest export`: it is used as it is.
    pub(crate) fn sources(&self) -> Vec<PathBuf> {
        if !self.config.input.is_empty() {
            return self.config.input.clone();
        }
        let holds_history =
            || Store::open_read_only(&self.store()).is_ok_and(|store| store.has_messages());
        match stage::last_inputs(&self.run.stage("ingest")) {
            Some(recorded) if recorded.is_empty() => Vec::new(),
            None if holds_history() => Vec::new(),
            _ => vec![base::locate(Path::new(SAMPLE))],
        }
    }

    /// Whether the run's store is that of the sample server.
    pub(crate) fn holds_sample(&self) -> bool {
        let recorded = stage::last_inputs(&self.run.stage("ingest"));
        let sample = Path::new(SAMPLE)
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        self.config.store.is_none()
            && self.config.input.is_empty()
            && recorded.is_some_and(|roles| roles.iter().any(|role| **role == *sample))
    }

    /// Prints `value` as JSON where that was asked for, and `text` otherwise.
    pub(crate) fn print<T: Serialize>(&self, value: &T, text: &str) -> Result<()> {
        if self.json {
            print(&format!("{}\n", serde_json::to_string_pretty(value)?))
        } else {
            print(text)
        }
    }

    /// Warns where the model at `path` was made from messages of somebody who was forgotten since.
    pub(crate) fn warn_of_forgotten(&self, path: &Path) {
        if let Some(warning) = forgotten::warning(path) {
            self.console.warn(&warning);
        }
    }

    /// Writes the resolved configuration beside the run's results, after removing what a killed run left of it.
    pub(crate) fn record_config(&self) -> Result<()> {
        let path = self.run.config();
        persona_core::atomic::sweep_of(&path)?;
        persona_core::atomic::write(&path, toml::to_string_pretty(&self.config)?)?;
        Ok(())
    }
}

/// Writes to stdout. A closed pipe is an error here and success in `main`.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// A run's name is a folder's name, and must not lead elsewhere.
fn check_run_name(name: &str) -> Result<(), Usage> {
    if is_plain_name(name) {
        return Ok(());
    }
    Err(Usage::new(
        format!("`{name}` cannot be the name of a run"),
        "a run's name is a folder's name: letters, digits, `-`, `_` and `.`",
    ))
}

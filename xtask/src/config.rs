//! The configuration: defaults, what the base model recommends, `persona.toml`, and flags over all of them.

mod error;
mod merge;

use std::path::{Path, PathBuf};

use anyhow::Result;
use persona_core::FileError;
use serde::{Deserialize, Serialize};

pub(crate) use error::ConfigError;

/// The configuration of the current folder, read where no other is named.
pub(crate) const FILE_NAME: &str = "persona.toml";

/// One run, from the export to the chat. Every key is optional.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Every random choice follows from this number: the same seed gives the same files.
    pub(crate) seed: u64,
    /// Name of the run; its files lie in `runs/<name>`.
    pub(crate) run: String,
    /// Exports to read: files, folders, zip archives. Empty: the sample server.
    pub(crate) input: Vec<PathBuf>,
    /// Base model: a folder in Hugging Face layout, or a repository such as `Qwen/Qwen2.5-3B-Instruct`, which is downloaded once.
    pub(crate) base: String,
    /// The store, where several runs share one; by default each run has its own, `runs/<name>/persona.sqlite`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<PathBuf>,
    /// Folder of a sentence-embedding model (BERT family, Hugging Face layout); by default style is measured with the base model itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embedder: Option<PathBuf>,
    /// Use only so many messages, the latest ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<usize>,
    /// What is trained: `sft`, `sft+dpo` or `dpo-only`.
    pub(crate) mode: Mode,
    /// Exports into the store.
    pub(crate) ingest: ingest::Config,
    /// How Discord is asked, by `cargo xtask ingest discord` and by the bot.
    pub(crate) discord: persona_discord::ApiConfig,
    /// What `cargo xtask ingest discord`, and the bot's command `fetch`, read of your server.
    pub(crate) fetch: ingest::discord::FetchConfig,
    /// The store into conversations and preference pairs.
    pub(crate) dataset: dataset::Config,
    /// Supervised fine-tuning: to write like the server.
    pub(crate) train: lora_trainer::Config,
    /// Preference training: to prefer what people reacted to.
    pub(crate) dpo: dpo::Config,
    /// Merging and GGUF files.
    pub(crate) export: gguf_export::Config,
    /// How good it is.
    pub(crate) eval: eval::Config,
    /// How replies are drawn. `[eval]` and `[export.sampling]` draw alike unless they say otherwise.
    pub(crate) chat: ChatConfig,
    /// How the bot behaves on Discord; only `persona-bot` reads it.
    pub(crate) bot: bot::BotConfig,
    /// A base model from scratch; only `cargo xtask pretrain` reads it.
    pub(crate) pretrain: lora_trainer::pretrain::PretrainConfig,
}

/// What the training stages do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
pub(crate) enum Mode {
    /// Learn to talk like the server.
    #[serde(rename = "sft")]
    #[value(name = "sft")]
    Sft,
    /// Learn to talk like the server, then to prefer what people reacted to.
    #[default]
    #[serde(rename = "sft+dpo")]
    #[value(name = "sft+dpo")]
    SftDpo,
    /// Only the preferences, on top of the SFT adapter this run has, or on the bare base.
    #[serde(rename = "dpo-only")]
    #[value(name = "dpo-only")]
    DpoOnly,
}

impl Mode {
    /// The name as flags and files write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::SftDpo => "sft+dpo",
            Self::DpoOnly => "dpo-only",
        }
    }
}

/// `[chat]`: how replies are drawn in the terminal chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChatConfig {
    /// Above 0: how freely to draw. 0: always the likeliest token.
    pub(crate) temperature: f64,
    /// Draw from the likeliest tokens that together have this probability.
    pub(crate) top_p: f64,
    /// Draw from this many of the likeliest tokens; 0: from all.
    pub(crate) top_k: usize,
    /// Above 1: tokens that were just said become less likely.
    pub(crate) repetition_penalty: f64,
    /// A reply ends after this many tokens at the latest.
    pub(crate) max_tokens: usize,
    /// So many turns of the conversation are the context of a reply.
    pub(crate) context_turns: usize,
}

impl Default for ChatConfig {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.9,
            top_k: 40,
            repetition_penalty: 1.1,
            max_tokens: 120,
            context_turns: 5,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            run: "default".to_owned(),
            input: Vec::new(),
            base: crate::base::DEFAULT.to_owned(),
            store: None,
            embedder: None,
            limit: None,
            mode: Mode::default(),
            ingest: ingest::Config::default(),
            discord: persona_discord::ApiConfig::default(),
            fetch: ingest::discord::FetchConfig::default(),
            dataset: dataset::Config::default(),
            train: lora_trainer::Config::default(),
            dpo: dpo::Config::default(),
            export: gguf_export::Config::default(),
            eval: eval::Config::default(),
            pretrain: lora_trainer::pretrain::PretrainConfig::default(),
            chat: ChatConfig::default(),
            bot: bot::BotConfig::default(),
        }
    }
}

/// Reads and checks `path`, or `persona.toml` where none is named and there is one.
pub(crate) fn read_file(path: Option<&Path>) -> Result<toml::Table> {
    match path {
        Some(path) => read(path),
        None if Path::new(FILE_NAME).exists() => read(Path::new(FILE_NAME)),
        None => Ok(toml::Table::new()),
    }
}

/// Reads a configuration file and checks it on its own, so that an error can name the line.
pub(crate) fn read(path: &Path) -> Result<toml::Table> {
    let text = std::fs::read_to_string(path).map_err(FileError::read(path))?;
    toml::from_str::<Config>(&text).map_err(|error| ConfigError::new(path, &text, &error))?;
    Ok(toml::from_str(&text).map_err(|error| ConfigError::new(path, &text, &error))?)
}

/// Lays the later tables over the earlier ones, key by key.
pub(crate) fn resolve(
    recommended: toml::Table,
    file: toml::Table,
    flags: toml::Table,
) -> Result<Config> {
    let mut table = recommended;
    merge::overlay(&mut table, file);
    merge::overlay(&mut table, flags);
    merge::follow(&mut table);
    Ok(toml::Value::Table(table).try_into()?)
}

/// Collects the flags that were given, under the keys they override: `train.epochs` is `epochs` in `[train]`.
#[derive(Default)]
pub(crate) struct Overrides(toml::Table);

impl Overrides {
    /// Flags that go over `table`.
    pub(crate) fn over(table: toml::Table) -> Self {
        Self(table)
    }

    /// Overrides `key` where the flag was given.
    pub(crate) fn set(mut self, key: &str, value: Option<impl Into<toml::Value>>) -> Self {
        if let Some(value) = value {
            merge::insert(&mut self.0, key, value.into());
        }
        self
    }

    /// Overrides `key` where any path was given.
    pub(crate) fn paths(self, key: &str, paths: &[PathBuf]) -> Self {
        let values: Vec<toml::Value> = paths.iter().map(|path| path_value(path)).collect();
        self.set(key, (!values.is_empty()).then_some(values))
    }

    /// Overrides `key` with a path.
    pub(crate) fn path(self, key: &str, path: Option<&PathBuf>) -> Self {
        self.set(key, path.map(|path| path_value(path)))
    }

    /// What was collected.
    pub(crate) fn table(self) -> toml::Table {
        self.0
    }
}

fn path_value(path: &Path) -> toml::Value {
    toml::Value::String(path.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests;

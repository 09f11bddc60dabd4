//! The configuration of a run: every section, with its defaults. `persona.example.toml` is made from it.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use persona_run::{Mode, base, run::DEFAULT_RUN};
use serde::{Deserialize, Serialize};

/// Configuration of one run, from the export to the chat. Every key is optional.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Seed of every random choice: the same seed gives the same files.
    pub(crate) seed: u64,
    /// Name of the run; its files are in `runs/<name>`.
    pub(crate) run: String,
    /// Exports to read: files, folders, zip archives. If empty, the sample server is read.
    pub(crate) input: Vec<PathBuf>,
    /// Base model: a folder in Hugging Face layout, or a repository such as `Qwen/Qwen2.5-3B-Instruct`, which is downloaded once.
    pub(crate) base: String,
    /// Store to use where several runs share one; by default each run has its own, `runs/<name>/persona.sqlite`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<PathBuf>,
    /// Folder of a sentence-embedding model (BERT family, Hugging Face layout); by default style is measured with the base model itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) embedder: Option<PathBuf>,
    /// Use only this many messages, the latest ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<usize>,
    /// Use only this many conversations, chosen so that every stage has something to work on: a trial, as with `--test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) conversations: Option<usize>,
    /// Stages to train: `sft`, `sft+dpo` or `dpo-only`.
    pub(crate) mode: Mode,
    /// How conversations are cut and shown to the model, in training, evaluation, chat and on Discord. A model keeps the form
    /// that it was trained with: adapters and GGUF files hold it, and what they hold overrides this section. After a change,
    /// build the dataset and train again.
    pub(crate) conversation: persona_core::ConversationForm,
    /// Sampling of replies, in evaluation, chat and on Discord, and by programs that read the Modelfile.
    pub(crate) sampling: persona_core::Sampling,
    /// Ingest: exports into the store.
    pub(crate) ingest: ingest::Config,
    /// Connection with Discord's API, of `cargo xtask ingest discord` and of the bot.
    pub(crate) discord: persona_discord::ApiConfig,
    /// Extent of `cargo xtask ingest discord`, and of the bot's order `fetch`.
    pub(crate) fetch: ingest::discord::FetchConfig,
    /// Dataset: the store into conversations and preference pairs.
    pub(crate) dataset: dataset::Config,
    /// Supervised fine-tuning: to write like the server.
    pub(crate) train: lora_trainer::Config,
    /// Preference training: to prefer what people reacted to.
    pub(crate) dpo: dpo::Config,
    /// Export: the merged model and GGUF files.
    pub(crate) export: gguf_export::Config,
    /// Evaluation of the persona.
    pub(crate) eval: eval::Config,
    /// Discord bot; only `persona-bot` reads this section.
    pub(crate) bot: bot::BotConfig,
    /// Pre-training of a base model from scratch; only `cargo xtask pretrain` reads this section.
    pub(crate) pretrain: lora_trainer::pretrain::PretrainConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            run: DEFAULT_RUN.to_owned(),
            input: Vec::new(),
            base: base::DEFAULT.to_owned(),
            store: None,
            embedder: None,
            limit: None,
            conversations: None,
            mode: Mode::default(),
            conversation: persona_core::ConversationForm::default(),
            sampling: persona_core::Sampling::default(),
            ingest: ingest::Config::default(),
            discord: persona_discord::ApiConfig::default(),
            fetch: ingest::discord::FetchConfig::default(),
            dataset: dataset::Config::default(),
            train: lora_trainer::Config::default(),
            dpo: dpo::Config::default(),
            export: gguf_export::Config::default(),
            eval: eval::Config::default(),
            pretrain: lora_trainer::pretrain::PretrainConfig::default(),
            bot: bot::BotConfig::default(),
        }
    }
}

/// Parser of flags that choose a [`Mode`].
pub(crate) fn mode_values() -> impl TypedValueParser<Value = Mode> {
    let values = Mode::ALL.map(|mode| {
        PossibleValue::new(mode.name()).help(match mode {
            Mode::Sft => "Learn to talk like the server",
            Mode::SftDpo => "Learn to talk like the server, then to prefer what people reacted to",
            Mode::DpoOnly => {
                "Only the preferences, on top of the SFT adapter this run has, or on the bare base"
            }
        })
    });
    PossibleValuesParser::new(values).try_map(|name| name.parse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resolved_configuration_reads_back_as_itself() {
        let config = Config::default();
        let text = toml::to_string_pretty(&config).unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
    }
}

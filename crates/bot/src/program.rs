//! What `persona-bot` reads of `persona.toml`, and where the run's model lies.

use std::path::{Path, PathBuf};

use ingest::discord::FetchConfig;
use persona_discord::ApiConfig;
use persona_run::{
    ConfigError, ConfigFile, Overrides, Run, Stage,
    config::{Contradictions, DEFAULT_RUN, FILE_NAME, RunSettings, recorded},
};
use serde::Deserialize;

use crate::{config::BotConfig, error::Error, files::BotFiles};

/// What a bot is started with.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The run.
    pub run: Run,
    /// Where its files lie.
    pub files: BotFiles,
    /// Chance follows from it.
    pub seed: u64,
    /// `[bot]`.
    pub bot: BotConfig,
    /// `[discord]`.
    pub api: ApiConfig,
    /// `[fetch]`.
    pub fetch: FetchConfig,
}

/// The keys of the file that concern the bot, to check their types. The stages' sections are theirs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Keys {
    #[serde(rename = "seed")]
    _seed: Option<u64>,
    #[serde(rename = "run")]
    _run: Option<String>,
    #[serde(rename = "store")]
    _store: Option<PathBuf>,
    #[serde(rename = "embedder")]
    _embedder: Option<PathBuf>,
    #[serde(rename = "bot")]
    _bot: BotConfig,
    discord: ApiConfig,
    fetch: FetchConfig,
}

impl Program {
    /// Reads `config`, or `persona.toml` where none is named and there is one. `run` goes over the file's.
    pub fn read(config: Option<&Path>, run: Option<&str>) -> Result<Self, Error> {
        let file = ConfigFile::open(config)?;
        let keys: Keys = file.read_as()?;
        let flags = Overrides::default().set("run", run).table();
        let own = RunSettings::read::<Keys>(&file, &flags, Contradictions::Yield, |_| true)?;
        let name = own.text("run").unwrap_or(DEFAULT_RUN);
        if let Some(store) = own.yielded.iter().find(|one| one.key == "store") {
            // Pseudonyms that the model has learnt are those of its store.
            return Err(ConfigError::Contradiction {
                run: name.to_owned(),
                file: config.unwrap_or(Path::new(FILE_NAME)).to_owned(),
                differences: vec![store.clone()],
            }
            .into());
        }
        let run = Run::new(name, own.text("store").map(PathBuf::from), Vec::new())?;
        let mut bot: BotConfig = file.following("bot", recorded(&run.folder)?)?;
        if !file.sets("bot", "context_turns_max") {
            bot.context_turns_max = bot.context_turns_max.max(bot.context_turns + 3);
        }
        bot.check()?;
        Ok(Self {
            files: BotFiles {
                store: run.store(),
                run: run.folder.clone(),
                embedder: own.text("embedder").map(PathBuf::from),
            },
            run,
            seed: own.integer("seed").map_or(1, i64::cast_unsigned),
            bot,
            api: keys.discord,
            fetch: keys.fetch,
        })
    }

    /// The model file of the run: the smallest one that was exported.
    pub fn model(&self) -> Result<PathBuf, Error> {
        self.run.model().ok_or_else(|| Error::NoModel {
            run: self.run.name.clone(),
            folder: self.run.folder.stage(Stage::Export),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Program, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("persona.toml");
        persona_core::atomic::write(&path, text).unwrap();
        Program::read(Some(&path), Some("a-run-that-is-nowhere"))
    }

    #[test]
    fn sections_of_stages_are_passed_over_and_followed() {
        let program = read(
            "seed = 4\n[train]\nepochs = 3\n[chat]\ntemperature = 0.2\ntop_k = 9\n[dataset]\nsilence_minutes = 90\ncontext_turns = 12\n\
             [bot]\ntop_k = 7\nadmins = [5]\n",
        )
        .unwrap();
        let bot = &program.bot;
        assert_eq!((program.seed, bot.top_k, bot.temperature), (4, 7, 0.2));
        assert_eq!((bot.silence_minutes, bot.context_turns), (90, 12));
        assert_eq!((bot.context_turns_max, &*bot.admins), (15, &[5][..]));
        assert_eq!(bot.max_tokens, BotConfig::default().max_tokens);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_whosever_section_it_is_in() {
        use persona_core::Hint;
        for (text, key) in [
            (
                "seed = 1\n[bot]\nprobabilty = 0.5\n",
                "`probabilty` in [bot]",
            ),
            ("seed = 1\n[train]\nepoch = 3\n", "`epoch` in [train]"),
            (
                "seed = 1\n[bot.log]\nfolders = 'x'\n",
                "`folders` in [bot.log]",
            ),
        ] {
            let error = read(text).unwrap_err();
            let said = error.to_string();
            let expected = format!("persona.toml`, line 3: there is no key {key}");
            assert!(said.ends_with(&expected), "{said}");
            assert!(error.hint().unwrap().starts_with("did you mean `"));
        }
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named_with_its_line_and_key() {
        let error = read("[bot]\nadmins = 5\n").unwrap_err().to_string();
        assert!(
            error.contains("line 2: the key `admins` in [bot]: "),
            "{error}"
        );
        let error = read("[chat]\ntop_k = 'many'\n").unwrap_err().to_string();
        assert!(
            error.contains("[bot]") && error.contains("top_k"),
            "{error}"
        );
    }

    #[test]
    fn a_run_without_a_model_says_how_to_get_one() {
        use persona_core::Hint;
        let error = read("").unwrap().model().unwrap_err();
        assert!(error.to_string().contains("a-run-that-is-nowhere"));
        assert!(error.hint().unwrap().contains("--model"));
        let error = Program::read(None, Some("../elsewhere")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`../elsewhere` cannot be the name of a run"
        );
    }
}

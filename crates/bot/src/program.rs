//! Settings of `persona-bot` from `persona.toml`, and the run's model.

use std::path::{Path, PathBuf};

use ingest::discord::FetchConfig;
use persona_core::{ConversationForm, FormSource, Sampling, Settled, layout, settle};
use persona_discord::ApiConfig;
use persona_model::form;
use persona_run::{
    ConfigError, ConfigFile, Overrides, Run, Stage,
    config::{Contradictions, FILE_NAME, RunSettings},
    form as run_form,
    run::DEFAULT_RUN,
};
use serde::Deserialize;

use crate::{config::BotConfig, error::Error, files::BotFiles};

/// Settings that the program was started with.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// Run that the model comes from.
    pub run: Run,
    /// Paths of the bot's files.
    pub files: BotFiles,
    /// Seed of all random decisions.
    pub seed: u64,
    /// Section `[bot]`.
    pub bot: BotConfig,
    /// Section `[sampling]`, over the settings that the run was made with.
    pub sampling: Sampling,
    /// Forms of conversations in the configuration and in the run, from which the one that holds is settled.
    pub form_sources: Vec<FormSource>,
    /// Section `[discord]`.
    pub api: ApiConfig,
    /// Section `[fetch]`.
    pub fetch: FetchConfig,
}

/// Sections of the file that concern the bot, read to check the types of their keys.
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
    bot: BotConfig,
    #[serde(rename = "conversation")]
    _conversation: ConversationForm,
    discord: ApiConfig,
    fetch: FetchConfig,
}

impl Program {
    /// Reads `config`; without one `persona.toml`, where it exists. `run` overrides the file's.
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
        keys.bot.check()?;
        let sampling = run_form::sampling(&file, &run.folder)?;
        sampling.check()?;
        let form_sources = run_form::form_sources(&file, Some(&run.folder))?;
        Ok(Self {
            files: BotFiles {
                store: run.store(),
                run: run.folder.clone(),
                embedder: own.text("embedder").map(PathBuf::from),
            },
            run,
            seed: own.integer("seed").map_or(1, i64::cast_unsigned),
            bot: keys.bot,
            sampling,
            form_sources,
            api: keys.discord,
            fetch: keys.fetch,
        })
    }

    /// The form of conversations that the model was trained with: that in the GGUF file at `model`, or, with a remote
    /// server, that of this run.
    pub fn form(&self, model: Option<&Path>) -> Result<Settled, Error> {
        let run = &self.run.folder;
        let mut sources = Vec::new();
        if let Some(model) = model {
            sources.extend(form::recorded(model).map_err(persona_engine::Error::from)?);
        } else {
            let merged = run.stage(Stage::Export).join(layout::MERGED);
            let adapters = [run.adapter(Stage::Dpo), run.adapter(Stage::Sft)];
            for folder in std::iter::once(merged).chain(adapters.into_iter().flatten()) {
                sources.extend(FormSource::of_folder(&folder)?);
            }
        }
        sources.extend(self.form_sources.iter().cloned());
        Ok(settle(&sources)?)
    }

    /// Path of the run's model: the smallest exported GGUF file.
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
    fn sections_of_stages_are_passed_over_and_shared_ones_read() {
        let program = read(
            "seed = 4\n[train]\nepochs = 3\n[sampling]\ntemperature = 0.2\ntop_k = 9\n[conversation]\nsilence_minutes = 90\n\
             context_turns = 12\n[bot]\nadmins = [5]\n",
        )
        .unwrap();
        let sampling = &program.sampling;
        assert_eq!(
            (program.seed, sampling.top_k, sampling.temperature),
            (4, 9, 0.2)
        );
        assert_eq!(sampling.max_tokens, Sampling::default().max_tokens);
        assert_eq!(program.bot.admins, [5]);
        let settled = program.form(None).unwrap();
        assert!(!settled.is_recorded && settled.disagreements.is_empty());
        assert_eq!(
            (settled.form.silence_minutes, settled.form.context_turns),
            (90, 12)
        );
    }

    #[test]
    fn a_model_is_served_with_the_form_that_it_was_trained_with() {
        let program = read("[conversation]\ncontext_turns = 3\n").unwrap();
        let trained = ConversationForm::default();
        let header = persona_gguf::Header::new(form::to_metadata(&trained), []);
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("m.gguf");
        persona_core::atomic::write(&model, header.to_bytes()).unwrap();
        let settled = program.form(Some(&model)).unwrap();
        assert_eq!((&settled.form, settled.is_recorded), (&trained, true));
        let [said] = &settled.disagreements[..] else {
            panic!("{settled:?}");
        };
        let said = said.to_string();
        assert!(
            said.contains("persona.toml` says `context_turns = 3`") && said.contains("with `5`"),
            "{said}"
        );
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
        let error = read("[sampling]\ntop_k = 'many'\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2: the key `top_k` in [sampling]: "),
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

//! What `persona-bot` reads of `persona.toml`, and where the run's model lies.

use std::path::{Path, PathBuf};

use ingest::discord::FetchConfig;
use persona_core::{
    FileError,
    layout::{GGUF_BY_SIZE, RunFolder, gguf_file, is_plain_name, model_name},
};
use persona_discord::ApiConfig;
use serde::Deserialize;
use toml::{Table, Value};

use crate::{config::BotConfig, error::Error, files::BotFiles};

/// The configuration of the current folder, read where no other is named.
pub const FILE_NAME: &str = "persona.toml";

/// Settings that should be those of training and of the chat, unless `[bot]` says otherwise: the key, and the sections to ask.
const FOLLOWED: [(&str, &[&str]); 8] = [
    ("temperature", &["chat"]),
    ("top_p", &["chat"]),
    ("top_k", &["chat"]),
    ("repetition_penalty", &["chat"]),
    ("max_tokens", &["chat"]),
    ("context_turns", &["chat", "dataset"]),
    ("turn_gap_minutes", &["dataset"]),
    ("silence_minutes", &["dataset"]),
];

/// What a bot is started with.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The run's name.
    pub run: String,
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

/// The keys of the file that concern the bot. The stages' sections are theirs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File {
    seed: Option<u64>,
    run: Option<String>,
    store: Option<PathBuf>,
    embedder: Option<PathBuf>,
    bot: BotConfig,
    discord: ApiConfig,
    fetch: FetchConfig,
}

impl Program {
    /// Reads `config`, or `persona.toml` where none is named and there is one. `run` goes over the file's.
    pub fn read(config: Option<&Path>, run: Option<&str>) -> Result<Self, Error> {
        let path = config.unwrap_or(Path::new(FILE_NAME));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if config.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            Err(error) => return Err(FileError::read(path)(error).into()),
        };
        let file: File = parse(path, &text)?;
        let run = run
            .map(str::to_owned)
            .or(file.run)
            .unwrap_or_else(|| "default".to_owned());
        check_run_name(&run)?;
        let folder = RunFolder::named(&run);
        let own: Table = parse(path, &text)?;
        let recorded = recorded(&folder)?;
        let bot = followed(&file.bot, &own, &recorded)?;
        bot.check()?;
        Ok(Self {
            files: BotFiles {
                store: file.store.unwrap_or_else(|| folder.store()),
                run: folder,
                embedder: file.embedder,
            },
            run,
            seed: file.seed.unwrap_or(1),
            bot,
            api: file.discord,
            fetch: file.fetch,
        })
    }

    /// The model file of the run: the smallest one that was exported.
    pub fn model(&self) -> Result<PathBuf, Error> {
        let folder = self.files.run.stage("export");
        let mut files = GGUF_BY_SIZE
            .iter()
            .map(|quant| folder.join(gguf_file(model_name(&self.run), quant)));
        files
            .find(|file| file.is_file())
            .ok_or_else(|| Error::NoModel {
                run: self.run.clone(),
                folder,
            })
    }
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text[..start].matches('\n').count() + 1;
        let message = error.message().trim_end_matches('.').replace('\n', ", ");
        Error::Settings {
            path: path.to_owned(),
            message: format!("line {line}: {message}"),
        }
    })
}

/// What the run was made with, where that was written down.
fn recorded(run: &RunFolder) -> Result<Table, Error> {
    let path = run.config();
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&path, &text),
        Err(_) => Ok(Table::new()),
    }
}

/// `bot` with what it does not say itself taken from the sections of training and chat.
fn followed(bot: &BotConfig, own: &Table, recorded: &Table) -> Result<BotConfig, Error> {
    let said = |key: &str| get(own, "bot", key).is_some();
    let mut table = Table::try_from(bot).unwrap_or_default();
    for (key, sections) in FOLLOWED {
        if said(key) {
            continue;
        }
        let value = [own, recorded]
            .into_iter()
            .flat_map(|table| sections.iter().map(move |section| (table, section)))
            .find_map(|(table, section)| get(table, section, key));
        if let Some(value) = value {
            table.insert(key.to_owned(), value.clone());
        }
    }
    let bot: BotConfig = table
        .try_into()
        .map_err(|error: toml::de::Error| Error::Settings {
            path: FILE_NAME.into(),
            message: error.message().to_owned(),
        })?;
    if said("context_turns_max") {
        return Ok(bot);
    }
    Ok(BotConfig {
        context_turns_max: bot.context_turns_max.max(bot.context_turns + 3),
        ..bot
    })
}

fn get<'a>(table: &'a Table, section: &str, key: &str) -> Option<&'a Value> {
    table.get(section)?.as_table()?.get(key)
}

/// A run's name is a folder's name, and must not lead elsewhere.
fn check_run_name(name: &str) -> Result<(), Error> {
    if is_plain_name(name) {
        return Ok(());
    }
    Err(Error::Run {
        name: name.to_owned(),
    })
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
    fn an_unknown_key_is_named_with_its_line() {
        let error = read("seed = 1\n[bot]\nprobabilty = 0.5\n").unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("line 3: unknown field `probabilty`"),
            "{said}"
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

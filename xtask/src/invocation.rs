//! Invocation of a command: the resolved configuration, the run and the console.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Error, Result};
use persona_core::{ConversationForm, FormSource, Progress, atomic};
use persona_model::{Qwen2Config, Tokenizer, form};
use persona_run::{
    ConfigFile, Finished, Plan, Run, Secrets, Work,
    base::{self, Base},
    config::{self, Contradictions, RunSettings},
    forgotten, form as run_form,
    lock::{LockError, RunLock},
    plan,
};
use persona_store::Store;
use serde::Serialize;

use crate::{config::Config, console::Console, failure::Problem, global::Global};

/// Configuration, run, secrets and console of a command.
pub(crate) struct Invocation {
    /// Resolved configuration.
    pub(crate) config: Config,
    /// Configuration file, where there is one.
    pub(crate) config_file: Option<PathBuf>,
    /// Tokens from `.env` and the environment.
    pub(crate) secrets: Secrets,
    /// Run that the command works on.
    pub(crate) run: Run,
    /// Output of progress, warnings and notes.
    pub(crate) console: Console,
    /// Whether results are printed as JSON.
    pub(crate) json: bool,
    /// Whether figures are shown in addition to results.
    pub(crate) verbose: bool,
    /// Whether the user allowed that results of the run are overwritten.
    pub(crate) may_overwrite: bool,
    /// Configuration file as the user wrote it.
    file: ConfigFile,
}

impl Invocation {
    /// Reads the configuration. Later layers override earlier ones: defaults, what the base model recommends, what the run
    /// recorded, the file, `overrides` (the flags).
    pub(crate) fn open(
        global: &Global,
        mut overrides: toml::Table,
        contradictions: Contradictions,
        console: Console,
    ) -> Result<Self> {
        if let Some(run) = &global.run {
            overrides.insert("run".to_owned(), run.clone().into());
        }
        let file = checked(ConfigFile::open(global.config.as_deref())?)?;
        let secrets = Secrets::load(Path::new(".env"))?;
        let own = RunSettings::read::<Config>(&file, &overrides, contradictions, holds_messages)?;
        own.notes().iter().for_each(|note| console.info(note));
        // A model may suit numbers to itself; which run, input or seed is the user's affair.
        let recommended = match base::recommended(own.text("base").unwrap_or(base::DEFAULT)) {
            Some(path) => checked(ConfigFile::read(&path)?)?.sections(),
            None => toml::Table::new(),
        };
        let config: Config = config::resolve([recommended, own.recorded, own.given])?;
        config.conversation.check()?;
        config.sampling.check()?;
        Ok(Self {
            run: Run::new(&config.run, config.store.clone(), config.input.clone())?,
            config,
            config_file: file.path().map(Path::to_owned),
            secrets,
            console,
            json: global.json,
            verbose: global.verbose > 0,
            may_overwrite: matches!(contradictions, Contradictions::Accept(_)),
            file,
        })
    }

    /// Locks the run, for a command that writes to it.
    pub(crate) fn lock(&self) -> Result<RunLock, LockError> {
        RunLock::take(&self.run.folder, &command_line())
    }

    /// Base model of the configuration; downloads a repository that is not on this machine yet.
    pub(crate) fn base(&self) -> Result<Base> {
        let base = base::resolve(&self.config.base, &self.secrets, &self.console)?;
        // Better now than after an hour of reading exports.
        Qwen2Config::load(&base.folder)?;
        Tokenizer::load(&base.folder)?;
        Ok(base)
    }

    /// Exports to read; none where the run's store is used as it is.
    pub(crate) fn sources(&self) -> Vec<PathBuf> {
        self.run.sources(|| holds_messages(&self.run.store()))
    }

    /// Folder of the run's dataset.
    pub(crate) fn dataset(&self) -> Result<PathBuf> {
        let found = self.run.folder.dataset().ok_or_else(|| {
            Problem::new(
                format!("the run `{}` has no dataset", self.run.name),
                "build it first: cargo xtask dataset; or do everything: cargo xtask pipeline",
            )
        });
        Ok(found?)
    }

    /// Form of conversations for training: the one that the run's dataset was built with. `adapter` is trained further.
    pub(crate) fn form_of_dataset(&self, adapter: Option<&Path>) -> Result<ConversationForm> {
        let dataset = run_form::form_of_dataset(&self.run.folder);
        let adapter = adapter.map(form::recorded).transpose()?.flatten();
        self.form(dataset.into_iter().chain(adapter).collect(), true)
    }

    /// Form of conversations that the first of `models` was trained with, before what any file asks for. `is_own` says whether
    /// the models are of this run; its record then holds for what they do not say.
    pub(crate) fn form_of_models(
        &self,
        models: &[&Path],
        is_own: bool,
    ) -> Result<ConversationForm> {
        let mut sources = Vec::new();
        for model in models {
            sources.extend(form::recorded(model)?);
        }
        self.form(sources, is_own)
    }

    /// Settles the form of conversations and warns where a file asks for another one.
    fn form(&self, made: Vec<FormSource>, is_own: bool) -> Result<ConversationForm> {
        let run = is_own.then_some(&self.run.folder);
        let settled = run_form::settled(&self.file, made, run)?;
        for disagreement in &settled.disagreements {
            self.console.warn(&disagreement.to_string());
        }
        if !settled.is_recorded {
            self.console.warn(
                "the model does not say which form of conversations it was trained with: that of [conversation] is used",
            );
        }
        Ok(settled.form)
    }

    /// Plan of this run, without stages.
    pub(crate) fn plan(&self) -> Plan<'_, Error> {
        Plan::new(&self.run.folder, self.config.mode)
    }

    /// Runs one stage unless its results are there already.
    pub(crate) fn run_stage(&self, work: &dyn Work<Error>) -> Result<Finished> {
        plan::run_step(work, &self.run.folder.stage(work.stage()), &self.console)
    }

    /// Prints `value` as JSON where the user asked for JSON, and `text` otherwise.
    pub(crate) fn print<T: Serialize>(&self, value: &T, text: &str) -> Result<()> {
        if self.json {
            print(&format!("{}\n", serde_json::to_string_pretty(value)?))
        } else {
            print(text)
        }
    }

    /// Warns where the model at `path` was made from messages of a person who was forgotten since.
    pub(crate) fn warn_of_forgotten(&self, path: &Path) {
        if let Some(warning) = forgotten::warning(path) {
            self.console.warn(&warning);
        }
    }

    /// Writes the resolved configuration beside the run's results, after removing what a killed run left of it.
    pub(crate) fn record_config(&self) -> Result<()> {
        let path = self.run.folder.config();
        atomic::sweep_of(&path)?;
        atomic::write(&path, toml::to_string_pretty(&self.config)?)?;
        Ok(())
    }
}

fn holds_messages(store: &Path) -> bool {
    Store::open_read_only(store).is_ok_and(|store| store.has_messages())
}

/// Returns the file if the values of its keys have the types that their sections want.
fn checked(file: ConfigFile) -> Result<ConfigFile> {
    file.read_as::<Config>()?;
    Ok(file)
}

/// Command line of this process.
pub(crate) fn command_line() -> String {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    format!("cargo xtask {}", arguments.join(" "))
}

/// Writes to stdout. A closed pipe is an error here and success in `main`.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Asks on a terminal before `what` is removed for good; elsewhere the command line has to confirm it, as `hint` tells.
pub(crate) fn confirm(deed: &str, what: &str, hint: &str) -> Result<()> {
    if !io::stdin().is_terminal() {
        let problem = format!("{deed} cannot be undone, and nobody is there to be asked");
        return Err(Problem::usage(problem, hint).into());
    }
    write!(
        io::stderr(),
        "{what} will be removed for good.\nType yes to go on: "
    )?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim().eq_ignore_ascii_case("yes") {
        return Ok(());
    }
    Err(Problem::new("nothing was removed", "type yes to go on, or add --yes").into())
}

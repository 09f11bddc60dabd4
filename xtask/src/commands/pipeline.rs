//! `pipeline`: everything, from exports to a model that was measured.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use persona_run::{
    ConfigFile, Mode, Overrides, Stage, base, config::Contradictions, run::SAMPLE, trial,
};

use crate::{
    config::mode_values,
    dry_run,
    failure::Status,
    global::{Change, Global},
    pipeline,
    session::Session,
    summary,
};

/// Does everything: exports in, a measured chat model out. What is done already is skipped
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A stage is skipped while its settings and all that goes into it are the same. After Ctrl-C or a crash the same command goes on.

Examples:
  cargo xtask pipeline                                     the sample server with the tiny base
  cargo xtask pipeline --test                              a minute, on a few conversations, to see that everything works
  cargo xtask pipeline --input exports/ --run mine         your server with the tiny base
  cargo xtask pipeline --input exports/ --run mine --base Qwen/Qwen2.5-0.5B-Instruct --dry-run
  cargo xtask pipeline --force sft                         train again, and all that follows")]
pub(crate) struct Pipeline {
    /// Exports: files, folders, archives [default: data/sample]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    input: Vec<PathBuf>,
    /// Base model: a folder, or a repository to download [default: data/base/persona-tiny]
    #[arg(long, value_name = "DIR|REPO")]
    base: Option<String>,
    /// What to train
    #[arg(long, value_parser = mode_values())]
    mode: Option<Mode>,
    /// A run of about a minute on a few conversations, named `test-INPUT`
    #[arg(long)]
    test: bool,
    /// Only the N latest messages
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Another seed, other random choices
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Show what would be done, why, and what it needs
    #[arg(long)]
    dry_run: bool,
    /// Repeat this stage and all after it
    #[arg(long, value_name = "STAGE", value_parser = stage_values())]
    force: Option<Stage>,
    #[command(flatten)]
    change: Change,
}

impl Pipeline {
    /// What becomes of settings that contradict the run's.
    pub(crate) fn contradictions(&self) -> Contradictions {
        if self.test {
            Contradictions::Accept(&[])
        } else {
            self.change.contradictions(&[])
        }
    }

    /// The flags as configuration.
    pub(crate) fn overrides(&self, global: &Global) -> toml::Table {
        let begun = if self.test {
            // What is wrong with the file is said when the session is opened.
            let file = ConfigFile::open(global.config.as_deref()).unwrap_or_default();
            trial::overrides(&file, &self.input, self.base.as_deref())
        } else {
            Overrides::default()
        };
        begun
            .paths("input", &self.input)
            .set("base", self.base.clone())
            .set("mode", self.mode.map(|mode| mode.name().to_owned()))
            .set("limit", self.limit.map(i64::from))
            .set("seed", self.seed.map(|seed| seed as i64))
            .table()
    }

    /// Runs it and prints the summary.
    pub(crate) fn run(&self, session: &Session) -> Result<Status> {
        if self.dry_run {
            let outlook = dry_run::look(session, self.force)?;
            session.print(&outlook, &outlook.text())?;
            return Ok(Status::Done);
        }
        let _lock = session.lock()?;
        announce(session);
        let summary = summary::of(session, pipeline::run(session, self.force)?);
        session.print(&summary, &summary.text(session)?)?;
        Ok(Status::Done)
    }
}

fn stage_values() -> impl TypedValueParser<Value = Stage> {
    PossibleValuesParser::new(Stage::ALL.map(Stage::name)).try_map(|name| name.parse())
}

/// Says what is used where nothing was asked for.
fn announce(session: &Session) {
    let config = &session.config;
    if let Some(count) = config.conversations {
        tracing::info!(
            "a trial of at most {count} conversations: it shows that every step works with this server and this base; its replies \
             and figures say nothing about how good the persona can be"
        );
    }
    if session.sources().is_empty() {
        tracing::info!("the run's store was filled by hand and is used as it is");
    } else if config.input.is_empty() {
        tracing::info!("no --input: the sample server, {SAMPLE}");
    }
    if config.base == base::DEFAULT {
        tracing::info!(
            "base {}, with the training settings that its {} suits to it",
            config.base,
            base::RECOMMENDED
        );
    }
}

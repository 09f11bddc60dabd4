//! `pipeline`: all stages, from exports to a measured model.

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
    invocation::Invocation,
    pipeline, summary,
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
    /// Exports: files, folders, archives [default: the run's, or data/sample]
    #[arg(long, value_name = "PATH", num_args = 1..)]
    input: Vec<PathBuf>,
    /// Base model: a folder, or a repository to download [default: the run's, or data/base/persona-tiny]
    #[arg(long, value_name = "DIR|REPO")]
    base: Option<String>,
    /// Stages to train
    #[arg(long, value_parser = mode_values())]
    mode: Option<Mode>,
    /// Try everything on a few conversations, in about a minute, as a run named `test-INPUT`
    #[arg(long)]
    test: bool,
    /// Only the N latest messages
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Seed of all random choices
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Show which stages would run, why, and what they need
    #[arg(long)]
    dry_run: bool,
    /// Repeat this stage and all stages after it
    #[arg(long, value_name = "STAGE", value_parser = stage_values())]
    force: Option<Stage>,
    #[command(flatten)]
    change: Change,
}

impl Pipeline {
    /// Treatment of settings that contradict those of the run.
    pub(crate) fn contradictions(&self) -> Contradictions {
        if self.test {
            Contradictions::Accept(&[])
        } else {
            self.change.contradictions(&[])
        }
    }

    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self, global: &Global) -> toml::Table {
        let begun = if self.test {
            // What is wrong with the file is said when the invocation is opened.
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

    /// Runs the command: all stages, and the summary.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        if self.dry_run {
            let outlook = dry_run::look(invocation, self.force)?;
            invocation.print(&outlook, &outlook.text())?;
            return Ok(Status::Done);
        }
        let _lock = invocation.lock()?;
        announce(invocation);
        let summary = summary::of(invocation, pipeline::run(invocation, self.force)?);
        invocation.print(&summary, &summary.text(invocation)?)?;
        Ok(Status::Done)
    }
}

fn stage_values() -> impl TypedValueParser<Value = Stage> {
    PossibleValuesParser::new(Stage::ALL.map(Stage::name)).try_map(|name| name.parse())
}

/// Shows which base and input are used where the user named none.
fn announce(invocation: &Invocation) {
    let config = &invocation.config;
    if let Some(count) = config.conversations {
        tracing::info!(
            "a trial of at most {count} conversations: it shows that every step works with this server and this base; its replies \
             and figures say nothing about how good the persona can be"
        );
    }
    if invocation.sources().is_empty() {
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

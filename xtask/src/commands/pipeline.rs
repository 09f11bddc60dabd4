//! `pipeline`: everything, from exports to a model that was measured.

use std::path::PathBuf;

use anyhow::Result;
use persona_core::layout;

use crate::{
    config::{Mode, Overrides},
    dry_run,
    failure::Status,
    pipeline,
    session::Session,
    stage, summary,
};

/// Does everything: exports in, a measured chat model out. What is done already is skipped
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A stage is skipped while its settings and all that goes into it are the same. After Ctrl-C or a crash the same command goes on.

Examples:
  cargo xtask pipeline                                     the sample server with the tiny base
  cargo xtask pipeline --test                              a minute, on a hundred messages, to see that everything works
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
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// A run of about a minute on a hundred messages, named `test`
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
    #[arg(long, value_name = "STAGE", value_parser = layout::STAGES)]
    force: Option<String>,
}

/// Settings of `--test`.
const TEST: &str = "
run = 'test'
limit = 100
[train]
epochs = 1
[dpo]
epochs = 1
[eval]
max_scored = 50
max_pairs = 20
max_generated = 20
habit_replies = 10
max_tokens = 40
halvings = 20
detection_halvings = 2
bootstrap = 100
blind_test = 5
";

impl Pipeline {
    /// The flags as configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        let test = if self.test { TEST } else { "" };
        let test = test
            .parse()
            .expect("the settings are written above, and tested");
        Overrides::over(test)
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
            let outlook = dry_run::look(session, self.force.as_deref())?;
            session.print(&outlook, &outlook.text())?;
            return Ok(Status::Done);
        }
        announce(session);
        if let Some(first) = &self.force {
            forget(session, first)?;
        }
        let stages = pipeline::run(session)?;
        let summary = summary::of(session, stages);
        session.print(&summary, &summary.text())?;
        Ok(Status::Done)
    }
}

/// Says what is used where nothing was asked for.
fn announce(session: &Session) {
    let config = &session.config;
    if config.input.is_empty() {
        tracing::info!("no --input: the sample server, {}", crate::session::SAMPLE);
    }
    if config.base == crate::base::DEFAULT {
        tracing::info!(
            "base {}, with the training settings that its {} suits to it",
            config.base,
            crate::base::RECOMMENDED
        );
    }
}

/// Clears away the results of `first` and of every stage after it.
fn forget(session: &Session, first: &str) -> Result<()> {
    for stage in layout::STAGES.iter().skip_while(|stage| **stage != first) {
        // Preferences alone are trained on top of an SFT adapter that this run does not make again.
        if *stage != "sft" || session.config.mode != Mode::DpoOnly {
            stage::clear(&session.run.stage(stage))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::config;

    #[test]
    fn the_settings_of_a_test_run_exist() {
        let table: toml::Table = TEST.parse().unwrap();
        let config = config::resolve(toml::Table::new(), toml::Table::new(), table).unwrap();
        assert_eq!(config.limit, Some(100));
    }

    #[test]
    fn modes_are_named_alike_everywhere() {
        for mode in Mode::value_variants() {
            let flag = mode.to_possible_value().unwrap();
            assert_eq!(flag.get_name(), mode.name());
            assert_eq!(
                toml::Value::try_from(mode).unwrap().as_str(),
                Some(mode.name())
            );
        }
    }
}

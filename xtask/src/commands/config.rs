//! `config`: the configuration as the other commands would see it.

use anyhow::Result;

use crate::{config::Config, failure::Status, invocation::Invocation};

/// Prints the configuration that would be used: defaults, what the base recommends, persona.toml
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask config                    what a run would use now
  cargo xtask config --defaults         every key with its default
  cp persona.example.toml persona.toml  the same with an explanation of each key, to edit")]
pub(crate) struct ShowConfig {
    /// Print the defaults, whatever the configuration says
    #[arg(long)]
    defaults: bool,
}

impl ShowConfig {
    /// Runs the command: prints the configuration as TOML, or as JSON.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let defaults = Config::default();
        let config = if self.defaults {
            &defaults
        } else {
            &invocation.config
        };
        invocation.print(config, &toml::to_string_pretty(config)?)?;
        Ok(Status::Done)
    }
}

//! Command line of xtask: its subcommands, whose flags are defined in their files under `commands/`.

use anyhow::Result;
use clap::{Parser, Subcommand};
use persona_run::config::Contradictions;

use crate::{commands, console, failure::Status, global::Global, invocation::Invocation};

const EXAMPLES: &str = "\
First steps:
  cargo xtask pipeline                       the sample server, from its export to a model that answers
  cargo xtask chat                           talk to it

Your own server:
  cargo xtask doctor                         what this machine can do, what is missing and how to get it
  cargo xtask pipeline --input exports/ --base Qwen/Qwen2.5-0.5B-Instruct --run mine
  cargo xtask chat --run mine

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but below the pass mark, 130 interrupted (progress is saved).";

/// Turns the message history of a private Discord server into a small chat model that talks like the people there.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Pipeline(commands::pipeline::Pipeline),
    Doctor(commands::doctor::Doctor),
    Sample(commands::sample::Sample),
    Ingest(commands::ingest::Ingest),
    Dataset(commands::dataset::Dataset),
    Pretrain(commands::pretrain::Pretrain),
    Train(commands::train::Train),
    Export(commands::export::Export),
    Inspect(commands::inspect::Inspect),
    Eval(commands::eval::Eval),
    BlindTest(commands::blind_test::BlindTest),
    Chat(commands::chat::Chat),
    Runs(commands::runs::Runs),
    Forget(commands::forget::Forget),
    Config(commands::config::ShowConfig),
}

impl Cli {
    /// Runs the command.
    pub(crate) fn run(self) -> Result<Status> {
        let console = console::start(&self.global);
        let open = |overrides, contradictions| {
            Invocation::open(&self.global, overrides, contradictions, console.clone())
        };
        let invocation = |overrides| open(overrides, Contradictions::Yield);
        match self.command {
            Command::Pipeline(command) => command.run(&open(
                command.overrides(&self.global),
                command.contradictions(),
            )?),
            Command::Doctor(command) => command.run(&invocation(command.overrides())?),
            Command::Sample(command) => command.run(&invocation(toml::Table::new())?),
            Command::Ingest(command) => command.run(&invocation(command.overrides())?),
            Command::Dataset(command) => {
                command.run(&open(command.overrides(), command.contradictions())?)
            }
            Command::Pretrain(command) => command.run(&invocation(command.overrides())?),
            Command::Train(command) => {
                command.run(&open(command.overrides(), command.contradictions())?)
            }
            Command::Export(command) => command.run(&invocation(command.overrides())?),
            Command::Inspect(command) => command.run(&invocation(toml::Table::new())?),
            Command::Eval(command) => command.run(&invocation(command.overrides())?),
            Command::BlindTest(command) => command.run(&invocation(toml::Table::new())?),
            Command::Chat(command) => command.run(&invocation(command.overrides())?),
            Command::Runs(command) => command.run(&invocation(toml::Table::new())?),
            Command::Forget(command) => command.run(&invocation(command.overrides())?),
            Command::Config(command) => command.run(&invocation(toml::Table::new())?),
        }
    }
}

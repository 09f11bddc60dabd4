//! Command line of the bot.

mod global;
mod run;
mod status;
mod stop;
mod supervise;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use global::Global;

const EXAMPLES: &str = "\
First steps:
  1. Make an application on https://discord.com/developers/applications;
     under Bot, switch on Message Content Intent.
  2. Put its token into `.env`:  DISCORD_TOKEN=…
  3. Invite it with the scopes `bot` and `applications.commands`, and the permissions
     View Channels, Send Messages, Send Messages in Threads and Read Message History.
  4. Put your account id into persona.toml, so that you can give orders:
     [bot]
     admins = [123456789012345678]
  5. persona-bot run --run mine
  6. persona-bot supervise --run mine     to keep it running day and night

It talks in the channels that the store allows: cargo xtask ingest discord --allow/--deny.
In Discord, /help lists the orders.

Exit codes: 0 stopped, 1 failed, 2 wrong usage, 69 Discord or the engine's server could not be
reached, 75 an admin asked for a restart, 78 it cannot work with this configuration.";

/// The persona on Discord: answers in the channels that it may, in the voice of the server.
#[derive(Debug, Parser)]
#[command(name = "persona-bot", version, after_help = EXAMPLES, max_term_width = 110)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Supervise(supervise::Supervise),
    Status(status::Status),
    Stats(status::Stats),
}

impl Cli {
    /// Runs the subcommand; without one, runs the bot.
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.command {
            Some(Command::Run(command)) => command.run(&self.global),
            Some(Command::Supervise(command)) => command.run(&self.global),
            Some(Command::Status(command)) => command.run(&self.global),
            Some(Command::Stats(command)) => command.run(&self.global),
            None => run::Run::default().run(&self.global),
        }
    }
}

//! `ingest discord`: from Discord itself, with a bot's token.

use std::path::PathBuf;

use anyhow::Result;
use ingest::discord::{self, Inputs, Mode, Report};
use persona_core::Id;
use persona_discord::{Rest, Token};
use persona_recall::Embedded;
use persona_run::{Overrides, secrets::DISCORD_TOKEN};
use serde::Serialize;

use crate::{
    failure::{Problem, Status},
    invocation::Invocation,
    stages,
    summary::holding,
};

/// From Discord itself, through your bot's account: what is new since the last time
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It needs a bot that you invited to the server (docs/OPERATIONS.md tells how, step by step): its token stands in `.env` as \
DISCORD_TOKEN=…, it has View Channels and Read Message History where it is to read, and Message Content Intent is switched on \
for it. The bot itself may stay offline.

A page of 100 messages is stored whole or not at all, with how far its channel is read: stop or kill the command whenever you \
like, the next run goes on from there. A hundred messages a second and channel is what Discord allows.

Edits, deletions and reactions on messages that were read before are found by reading the last days again: --resync 7d.

Examples:
  cargo xtask ingest discord --run mine --channels       what is there, and what may be used
  cargo xtask ingest discord --run mine --deny all --allow general memes
                                                         only these, from now on
  cargo xtask ingest discord --run mine --dry-run        what would be read
  cargo xtask ingest discord --run mine                  read it
  cargo xtask ingest discord --run mine --resync 7d      and look again at the last week")]
pub(crate) struct Discord {
    /// Your server; needed only where the bot is in several
    #[arg(long, value_name = "ID")]
    guild: Option<Id>,
    /// Use these channels from now on: names, ids, categories, or `all`. Overrides --deny
    #[arg(long, value_name = "CHANNEL", num_args = 1..)]
    allow: Vec<String>,
    /// Use these channels no longer; what was read of them stays in the store, unused
    #[arg(long, value_name = "CHANNEL", num_args = 1..)]
    deny: Vec<String>,
    /// List the channels and whether they may be used; read nothing
    #[arg(long, conflicts_with = "dry_run")]
    channels: bool,
    /// Read this much of the past again, for edits, deletions and reactions: 12h, 7d, 2w
    #[arg(long, value_name = "SPAN")]
    resync: Option<String>,
    /// Only messages from this day on, such as 2024-01-31
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Stop after this many messages; the next run goes on
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Show what would be read, and store nothing
    #[arg(long)]
    dry_run: bool,
    /// The store [default: runs/NAME/persona.sqlite]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

#[derive(Serialize)]
struct Read {
    store: PathBuf,
    report: Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedded: Option<Embedded>,
}

impl Discord {
    /// Returns the flags as a layer of the configuration.
    pub(super) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .path("store", self.store.as_ref())
            .set("discord.guild", self.guild.map(u64::cast_signed))
            .set("fetch.since", self.since.clone())
            .set("fetch.resync", self.resync.clone())
            .set("fetch.limit", self.limit.map(i64::from))
            .table()
    }

    /// Runs the command: reads what is new, or lists the channels.
    pub(super) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let config = &invocation.config;
        if invocation.run.holds_sample() {
            let problem = Problem::new(
                format!("the run `{}` holds the sample server", invocation.run.name),
                "give your server a run of its own: --run mine",
            );
            return Err(problem.into());
        }
        let mode = self.mode();
        let _lock = (mode == Mode::Fetch)
            .then(|| invocation.lock())
            .transpose()?;
        let inputs = Inputs {
            store: invocation.run.store(),
            rest: Rest::new(&token(invocation)?, &config.discord)?,
            guild: config.discord.guild,
            allow: self.allow.clone(),
            deny: self.deny.clone(),
            mode,
        };
        let report = discord::run(&config.fetch, &inputs, &invocation.console)?;
        let embedded = match inputs.mode {
            Mode::Fetch => stages::embeddings::run(invocation, &inputs.store)?,
            Mode::Channels | Mode::DryRun => None,
        };
        let text = match inputs.mode {
            Mode::Channels => report.listing(),
            Mode::DryRun => report.outlook(),
            Mode::Fetch => report.text() + &holding(&inputs.store, &report.store),
        };
        let store = inputs.store;
        let read = Read {
            store,
            report,
            embedded,
        };
        invocation.print(&read, &text)?;
        Ok(Status::Done)
    }

    fn mode(&self) -> Mode {
        if self.channels {
            Mode::Channels
        } else if self.dry_run {
            Mode::DryRun
        } else {
            Mode::Fetch
        }
    }
}

fn token(invocation: &Invocation) -> Result<Token> {
    let Some(token) = invocation.secrets.get(DISCORD_TOKEN) else {
        let problem = Problem::new(
            "there is no bot token",
            "put `DISCORD_TOKEN=…` into `.env`: https://discord.com/developers/applications, your application, Bot, Reset Token",
        );
        return Err(problem.into());
    };
    Ok(Token::new(token.to_owned())?)
}

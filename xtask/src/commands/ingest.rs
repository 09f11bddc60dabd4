//! `ingest`: message history into the store.

mod discord;

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use persona_run::Overrides;
use persona_store::{Counts, Store};
use serde::Serialize;
use serde_json::Value;

use crate::{failure::Status, interrupt, invocation::Invocation, stages, summary::holding};

/// Reads message history into the store
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Reading anything twice changes nothing; edited messages and changed reactions are updated.

Examples:
  cargo xtask ingest export exports/ --run mine
  cargo xtask ingest export general.json old.json.gz package.zip
  cargo xtask ingest discord --run mine            what is new on the server since the last time")]
pub(crate) struct Ingest {
    #[command(subcommand)]
    source: Source,
}

#[derive(Debug, Subcommand)]
enum Source {
    Export(Export),
    Discord(discord::Discord),
}

/// From files: DiscordChatExporter JSON, Discord's data package, Discrub or raw API JSON; the format is seen from the content
#[derive(Debug, clap::Args)]
struct Export {
    /// Files, folders, .json.gz and .zip archives
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The store [default: runs/NAME/persona.sqlite]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
}

#[derive(Serialize)]
struct Read {
    store: PathBuf,
    holds: Counts,
    report: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedded: Option<persona_recall::Embedded>,
}

impl Ingest {
    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        match &self.source {
            Source::Export(export) => Overrides::default()
                .path("store", export.store.as_ref())
                .table(),
            Source::Discord(discord) => discord.overrides(),
        }
    }

    /// Runs the command: reads everything and prints what the store holds then.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        match &self.source {
            Source::Export(export) => export.run(invocation),
            Source::Discord(discord) => discord.run(invocation),
        }
    }
}

impl Export {
    fn run(&self, invocation: &Invocation) -> Result<Status> {
        let _lock = invocation.lock()?;
        let store = invocation.run.store();
        let report = stages::ingest::read(invocation, &store, &self.paths)?;
        interrupt::check()?;
        let embedded = stages::embeddings::run(invocation, &store)?;
        let holds = Store::open_read_only(&store)?.counts()?;
        let text = holding(&store, &holds);
        invocation.print(
            &Read {
                store,
                holds,
                report,
                embedded,
            },
            &text,
        )?;
        Ok(Status::Done)
    }
}

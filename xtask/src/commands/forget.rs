//! `forget`: removes a person from the store, and says what was made from their messages.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use persona_conversation::{People, Person};
use persona_core::Id;
use persona_run::{
    Overrides, RunFolder,
    folder::RUNS,
    forgotten::{self, AffectedStage},
    lock::{LockError, RunLock},
    once,
};
use persona_store::{Forgotten, Store};
use serde::Serialize;

use crate::{
    failure::{Problem, Status},
    invocation::{Invocation, command_line, confirm},
};

/// Removes a person everywhere in the store and keeps them out from now on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Messages, vectors and the bot's memory of the person go; where others named them, `@someone` stands. Reading the same exports
or channels again leaves the person out. Stages of runs that were made from their messages are marked with a note
beside their manifest, and the next pipeline builds them anew.

Examples:
  cargo xtask forget --author quentin --dry-run
  cargo xtask forget --author 811223344556677889 --run mine
  cargo xtask forget --author u7 --yes --purge       deletes the marked datasets and models as well")]
pub(crate) struct Forget {
    /// Person: id, pseudonym, account name or display name
    #[arg(long, value_name = "NAME|ID")]
    author: String,
    /// The store [default: runs/NAME/persona.sqlite]
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Delete the datasets and models that were made from their messages, instead of only marking them
    #[arg(long)]
    purge: bool,
}

/// Result of the command, or of its dry run.
#[derive(Serialize)]
struct Done {
    dry_run: bool,
    /// Whether the person was forgotten before this command.
    before: bool,
    store: PathBuf,
    #[serde(flatten)]
    removed: Forgotten,
    stages: Vec<AffectedStage>,
    purged: bool,
}

impl Forget {
    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .path("store", self.store.as_ref())
            .table()
    }

    /// Runs the command: forgets the person.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let path = invocation.run.store();
        if !path.exists() {
            return Err(Problem::new(
                format!("there is no store `{}`", path.display()),
                "name another run with --run, or the store itself with --store",
            )
            .into());
        }
        let mut store = Store::open(&path)?;
        let (id, person) = self.who(&store)?;
        let before = store.is_forgotten(id)?;
        let stages = stages(&store, id, before)?;
        let mut removed = store.preview_forget(id)?;
        if !self.dry_run {
            let _locks = lock(invocation, &stages)?;
            if !before && !self.yes {
                let who = describe(id, person.as_ref());
                let what = format!(
                    "{who}: {} messages, and the traces in {} messages of others,",
                    removed.messages, removed.mentions
                );
                confirm(
                    &format!("forgetting {who}"),
                    &what,
                    "add --yes, or look first with --dry-run",
                )?;
            }
            // The notes come first: a kill between both leaves notes too many, never one too few.
            forgotten::note(&stages)?;
            removed = store.forget(id)?;
            if self.purge {
                for one in &stages {
                    once::clear(&one.folder)?;
                }
            }
        }
        let done = Done {
            dry_run: self.dry_run,
            before,
            store: path,
            removed,
            stages,
            purged: self.purge && !self.dry_run,
        };
        invocation.print(&done, &done.text())?;
        Ok(Status::Done)
    }

    /// Finds the person whom the flags name; only the id where the store does not know them.
    fn who(&self, store: &Store) -> Result<(Id, Option<Person>)> {
        let people: People = store.authors()?.into_iter().map(Into::into).collect();
        match people.find(&self.author) {
            Ok(person) => Ok((person.id, Some(person.clone()))),
            Err(error) => match self.author.parse() {
                Ok(id) if i64::try_from(id).is_ok() => Ok((id, None)),
                _ => Err(error.into()),
            },
        }
    }
}

/// Stages that hold something of the person; for a person who was forgotten before, the stages with a note.
fn stages(store: &Store, id: Id, before: bool) -> Result<Vec<AffectedStage>> {
    let (runs, content) = (Path::new(RUNS), store.content_hash()?);
    if before {
        return Ok(forgotten::noted(runs, store.path(), &content)?);
    }
    let Some(traces) = store.traces(id)? else {
        return Ok(Vec::new());
    };
    Ok(forgotten::held(runs, store.path(), &content, &traces)?)
}

/// Takes the locks on this run and on every other one whose stages will be marked.
fn lock(invocation: &Invocation, stages: &[AffectedStage]) -> Result<Vec<RunLock>, LockError> {
    let own = invocation.run.folder.clone();
    let others: BTreeSet<&str> = stages.iter().map(|held| held.run.as_str()).collect();
    let others = others
        .into_iter()
        .filter(|run| *run != invocation.run.name)
        .map(RunFolder::named);
    std::iter::once(own)
        .chain(others)
        .map(|run| RunLock::take(&run, &command_line()))
        .collect()
}

fn describe(id: Id, person: Option<&Person>) -> String {
    person.map_or_else(
        || format!("the person with the id {id}, whom the store does not know"),
        |person| {
            format!(
                "{} (`{}`, `{}`, id {id})",
                person.pseudonym, person.name, person.display_name
            )
        },
    )
}

impl Done {
    fn text(&self) -> String {
        let mut text = String::new();
        let removed = &self.removed;
        if self.before {
            text.push_str("forgotten before: nothing of them was in the store\n");
        } else {
            let _ = writeln!(
                text,
                "{}: {} messages with {} emoji under them, {} vectors, their name in {} messages of others, {} messages in the bot's \
                 memory, {} replies of the bot, {} settings, {} records that were not understood",
                if self.dry_run {
                    "would be removed"
                } else {
                    "removed"
                },
                removed.messages,
                removed.reactions,
                removed.embeddings,
                removed.mentions,
                removed.memory,
                removed.feedback,
                removed.settings,
                removed.rejected
            );
        }
        if removed.plain_names > 0 {
            let _ = writeln!(
                text,
                "{} messages of others hold their account name as a plain word, without @: these stay, for it may be any word",
                removed.plain_names
            );
        }
        text.push_str(&forgotten::told(&self.stages, self.dry_run, self.purged));
        if !self.dry_run && !removed.wiped {
            let _ = writeln!(
                text,
                "another program has `{}` open: old bytes stay in its log until that program ends; stop it and give the command again",
                self.store.display()
            );
        }
        if !self.dry_run {
            text.push_str("reading the same exports or channels again leaves them out; the exports themselves were not touched\n");
        }
        text
    }
}

//! Flags that every subcommand has.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use persona_run::config::{Contradictions, Unread};

/// Flags that every subcommand has.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The configuration; without it `persona.toml` of the current folder, where there is one
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,
    /// Name of the run; its files lie in `runs/NAME` [default: default]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    pub(crate) run: Option<String>,
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Say more; twice: everything
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Everywhere")]
    pub(crate) verbose: u8,
    /// Say nothing but warnings and errors
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Everywhere"
    )]
    pub(crate) quiet: bool,
}

/// The flag of commands that make results of a run anew.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Change {
    /// Settings that contradict those of the run are meant: overwrite what it has trained, and its store
    #[arg(long)]
    change: bool,
}

impl Change {
    /// What becomes of settings that contradict the run's, for a command that does not read the settings `unread`.
    pub(crate) fn contradictions(self, unread: Unread) -> Contradictions {
        if self.change {
            Contradictions::Accept(unread)
        } else {
            Contradictions::Refuse(unread)
        }
    }
}

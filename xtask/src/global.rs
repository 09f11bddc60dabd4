//! Flags that every subcommand has.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use persona_run::config::{Contradictions, Unread};

/// Flags that every subcommand has.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Configuration file [default: persona.toml in the current folder, if there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,
    /// Name of the run; its files are in `runs/NAME` [default: default]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    pub(crate) run: Option<String>,
    /// Print the result as JSON
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    /// Show more; twice: show everything
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Everywhere")]
    pub(crate) verbose: u8,
    /// Show nothing but warnings and errors
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Everywhere"
    )]
    pub(crate) quiet: bool,
}

/// Flag of commands that replace results of a run.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Change {
    /// Accept settings that contradict those of the run: overwrites what it has trained, and its store
    #[arg(long)]
    change: bool,
}

impl Change {
    /// Treatment of settings that contradict those of the run, by a command that does not read the settings `unread`.
    pub(crate) fn contradictions(self, unread: Unread) -> Contradictions {
        if self.change {
            Contradictions::Accept(unread)
        } else {
            Contradictions::Refuse(unread)
        }
    }
}

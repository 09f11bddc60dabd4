//! Flags that every subcommand has.

use std::path::PathBuf;

use clap::{ArgAction, Args};

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

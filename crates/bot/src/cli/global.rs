//! Flags of all subcommands: configuration, run and model.

use std::path::PathBuf;

/// Flags of every subcommand.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Global {
    /// The configuration; without it `persona.toml` of the current folder, where there is one
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Name of the run that the model comes from [default: default]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) run: Option<String>,
    /// A GGUF file [default: the one that the run exported]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
}

//! `sample`: a fictional server to try everything on.

use std::path::PathBuf;

use anyhow::Result;

use crate::{failure::Status, invocation::Invocation};

/// Writes the sample server: a fictional group of friends with planted habits, as a DiscordChatExporter export
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The habits are listed in habits.json beside the export, so that an evaluation can ask whether the model picked them up.

Examples:
  cargo xtask sample                              writes data/sample again, byte for byte
  cargo xtask sample --seed 7 --out other-server    another server
  cargo xtask pipeline --input other-server --run other")]
pub(crate) struct Sample {
    /// Seed of the server: another seed makes another server
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder to write to
    #[arg(long, default_value = "data/sample")]
    out: PathBuf,
}

impl Sample {
    /// Runs the command: writes the sample server and prints its size.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let report =
            sample_server::generate(&sample_server::Config { seed: self.seed }, &self.out)?;
        let text = format!(
            "{} messages of {} people in {} channels and threads, {} of them with reactions: {} files in {}\n",
            report.messages,
            report.authors,
            report.channels,
            report.reacted,
            report.files,
            self.out.display()
        );
        invocation.print(&report, &text)?;
        Ok(Status::Done)
    }
}

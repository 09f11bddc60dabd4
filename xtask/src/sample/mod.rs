//! The sample server: a seeded, fictional group of friends with planted habits, as a DiscordChatExporter export.
//!
//! Every sentence here was written for Persona. Real people's messages don't belong in a repository.

mod authors;
mod channels;
mod document;
mod emoji;
mod export;
mod grammar;
mod habits;
mod lexicon;
mod message;
mod nods;
mod oddities;
mod reactions;
mod schedule;
mod server;
mod style;
mod talk;
#[cfg(test)]
mod tests;
mod topics;

use std::path::{Path, PathBuf};

use persona_core::{FileError, Hint};
use serde::Serialize;

use server::Server;

/// What the command line says about the sample.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Another seed makes another server
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Folder to write to
    #[arg(long, default_value = "data/sample")]
    pub(crate) out: PathBuf,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// Distinct messages.
    pub(crate) messages: usize,
    /// Of them, written by people.
    pub(crate) human: usize,
    /// Of those, with reactions.
    pub(crate) reacted: usize,
    /// People.
    pub(crate) authors: usize,
    /// Channels and threads.
    pub(crate) channels: usize,
    /// Files of the export.
    pub(crate) files: usize,
    /// Their size together.
    pub(crate) bytes: usize,
}

/// Why a sample can't be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file can't be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder holds something else, which would be read together with the sample.
    #[error("`{folder}` holds `{name}`, which is not part of this sample")]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// The file.
        name: String,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Occupied { .. } => {
                Some("choose an empty folder with `--out`, or remove the file".to_owned())
            }
        }
    }
}

/// Writes the sample server of `seed` to `out`.
pub(crate) fn generate(seed: u64, out: &Path) -> Result<Report, Error> {
    let server = Server::new(seed);
    let mut files = export::files(&server);
    let report = Report {
        messages: server.messages.len(),
        human: server.said().count(),
        reacted: server
            .said()
            .filter(|message| !message.reactions.is_empty())
            .count(),
        authors: server.cast.len(),
        channels: server.channels.len(),
        files: files.len(),
        bytes: files.iter().map(|(_, bytes)| bytes.len()).sum(),
    };
    files.push(("habits.json".to_owned(), habits(&server)));
    files.push(("README.md".to_owned(), readme(seed, &report).into_bytes()));
    refuse_strangers(out, &files)?;
    export::write(&files, out)?;
    Ok(report)
}

fn habits(server: &Server) -> Vec<u8> {
    let planted: Vec<_> = server
        .cast
        .iter()
        .flat_map(|author| {
            let habits = author.voice.habits.iter();
            habits.map(|(habit, _)| habit.described(author.id))
        })
        .collect();
    let mut text = serde_json::to_vec_pretty(&planted).expect("habits are plain strings");
    text.push(b'\n');
    text
}

fn readme(seed: u64, report: &Report) -> String {
    format!(
        include_str!("readme.md"),
        seed = seed,
        messages = report.messages,
        human = report.human,
        reacted = report.reacted,
        authors = report.authors,
        channels = report.channels,
    )
}

/// The names hold snowflakes of the seed, so that two samples in one folder would be taken for two servers.
fn refuse_strangers(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Error> {
    let Ok(entries) = folder.read_dir() else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_json = Path::new(&name)
            .extension()
            .is_some_and(|ending| ending == "json");
        if is_json && files.iter().all(|(ours, _)| *ours != name) {
            return Err(Error::Occupied {
                folder: folder.to_owned(),
                name,
            });
        }
    }
    Ok(())
}

/// A Discord id: milliseconds since 2015, then 22 bits that tell apart what happened in the same one.
fn snowflake(at_ms: i64, low: u64) -> u64 {
    const EPOCH_MS: i64 = 1_420_070_400_000;
    ((at_ms - EPOCH_MS) as u64) << 22 | (low & 0x3f_ffff)
}

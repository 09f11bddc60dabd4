//! Sample servers: seeded, fictional groups of friends with planted habits, as DiscordChatExporter exports.
//!
//! [`generate`] generates a server and writes its export. The words are in the files of `data/`: topics, small talk,
//! people, channels. The code decides how people talk, write, react and are exported, and knows none of the words.
//!
//! Every sentence here was written for Persona. Real people's messages don't belong in a repository.

mod authors;
mod channels;
mod choices;
mod document;
mod emoji;
mod export;
mod generator;
mod habits;
mod load;
mod message;
mod oddities;
mod reactions;
mod scene;
mod schedule;
mod script;
mod server;
mod snowflake;
mod style;
mod talk;
mod template;
#[cfg(test)]
mod tests;
mod words;

use std::path::{Path, PathBuf};

use persona_core::{FileError, Hint};
use serde::Serialize;

use server::Server;

/// Settings of a sample server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Seed of everything: the same seed gives the same bytes, another seed gives other people and other texts.
    pub seed: u64,
}

/// Numbers of what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Distinct messages.
    pub messages: usize,
    /// Messages that people wrote.
    pub human: usize,
    /// Messages of people with at least one reaction.
    pub reacted: usize,
    /// Number of people.
    pub authors: usize,
    /// Channels and threads.
    pub channels: usize,
    /// Files of the export.
    pub files: usize,
    /// Size of all files of the export, in bytes.
    pub bytes: usize,
}

/// Reason for which a sample server cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be written, or a data file of this crate is wrong.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder holds a foreign JSON file, which would be read together with the sample.
    #[error("`{folder}` holds `{name}`, which is not part of this sample")]
    Occupied {
        /// The folder.
        folder: PathBuf,
        /// Name of the foreign file.
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

/// Makes the server that `config` describes and writes it to the folder `out`: an export, `habits.json` with the planted
/// habits, and a `README.md`.
///
/// # Errors
/// When `out` holds foreign JSON files, or a file cannot be written.
pub fn generate(config: &Config, out: &Path) -> Result<Report, Error> {
    let words = load::words()?;
    let server = generator::generate(config.seed, &words);
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
    files.push((
        "README.md".to_owned(),
        readme(config.seed, &report).into_bytes(),
    ));
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

/// Refuses a folder with other JSON files. File names hold snowflakes that follow from the seed, so two samples in one
/// folder would be read as two servers.
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

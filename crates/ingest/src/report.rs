//! What the stage did, file by file.

use persona_store::{Change, Counts};
use serde::Serialize;

/// How many odd places of a file are listed; all are counted.
const LISTED_PLACES: usize = 20;
/// How many skipped files are named in one line.
const NAMED_FILES: usize = 5;

/// The formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// DiscordChatExporter, JSON.
    DiscordChatExporter,
    /// A bare array of message objects of Discord's API, as Discrub writes it too.
    DiscordApi,
    /// Discord's own data package, since 2024.
    DataPackageJson,
    /// Discord's own data package, before 2024.
    DataPackageCsv,
}

/// Counts of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages that were read.
    pub messages: u64,
    /// Of these, how many the store did not have.
    pub new: u64,
    /// How many it had with other facts, that were older.
    pub updated: u64,
    /// How many it had already.
    pub unchanged: u64,
    /// How many are of people who asked to be forgotten, and were left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub forgotten: u64,
    /// Records that could not be understood; they are not among the messages.
    pub odd: u64,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Totals {
    pub(crate) fn count(&mut self, change: Change) {
        self.messages += 1;
        match change {
            Change::New => self.new += 1,
            Change::Updated => self.updated += 1,
            Change::Unchanged => self.unchanged += 1,
            Change::Forgotten => self.forgotten += 1,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.new += other.new;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        self.forgotten += other.forgotten;
        self.odd += other.odd;
    }
}

/// A record that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Odd {
    /// Byte where the record begins; in a compressed file counted after decompression.
    pub position: u64,
    /// What was wrong with it.
    pub reason: String,
}

/// What was read from one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file, with the entry of an archive.
    pub name: String,
    /// What it is.
    pub format: Format,
    /// Counts of its messages.
    pub totals: Totals,
    /// The first places with odd records.
    pub odd: Vec<Odd>,
}

impl FileReport {
    pub(crate) fn new(name: String, format: Format) -> Self {
        Self {
            name,
            format,
            totals: Totals::default(),
            odd: Vec::new(),
        }
    }

    pub(crate) fn add_odd(&mut self, odd: Odd) {
        self.totals.odd += 1;
        if self.odd.len() < LISTED_PLACES {
            self.odd.push(odd);
        }
    }
}

/// What the stage did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every file that is an export, in the order of reading.
    pub files: Vec<FileReport>,
    /// Counts over all files.
    pub totals: Totals,
    /// Files in the given folders that are no exports.
    pub skipped: Vec<String>,
    /// What the store holds now. Unlike the totals it does not depend on what the store held before.
    pub store: Counts,
}

impl Report {
    pub(crate) fn add(&mut self, file: FileReport) {
        self.totals.add(&file.totals);
        self.files.push(file);
    }

    pub(crate) fn skipped_line(&self) -> String {
        let named: Vec<String> = self
            .skipped
            .iter()
            .take(NAMED_FILES)
            .map(|name| format!("`{name}`"))
            .collect();
        let more = match self.skipped.len().saturating_sub(NAMED_FILES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!(
            "skipped {} files that are no exports: {}{more}",
            self.skipped.len(),
            named.join(", ")
        )
    }
}

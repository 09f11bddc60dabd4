//! Report of the stage, file by file.

use persona_store::{Change, Counts};
use serde::Serialize;

/// Odd records of a file that are listed; all are counted.
const LISTED_PLACES: usize = 20;
/// Skipped files that are named in one line.
const NAMED_FILES: usize = 5;

/// Format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// DiscordChatExporter, JSON.
    DiscordChatExporter,
    /// Array of message objects of Discord's API, as Discrub writes it too.
    DiscordApi,
    /// Discord's own data package, since 2024.
    DataPackageJson,
    /// Discord's own data package, before 2024.
    DataPackageCsv,
}

/// Numbers of messages by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Messages that were read.
    pub messages: u64,
    /// Messages that the store did not have.
    pub new: u64,
    /// Messages that the store had with other, older facts.
    pub updated: u64,
    /// Messages that the store had already.
    pub unchanged: u64,
    /// Messages left out because their author was forgotten.
    #[serde(skip_serializing_if = "is_zero")]
    pub forgotten: u64,
    /// Odd records; they are not among the messages.
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

/// Odd record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Odd {
    /// Position of the record: the byte in a file, counted after decompression, or the id in Discord's history.
    pub position: u64,
    /// Description of the fault.
    pub reason: String,
}

/// Report of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file, with the entry of an archive.
    pub name: String,
    /// Format of the file.
    pub format: Format,
    /// Totals of the file's messages.
    pub totals: Totals,
    /// First odd records.
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

/// Report of the stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Files that are exports, in the order of reading.
    pub files: Vec<FileReport>,
    /// Totals over all files.
    pub totals: Totals,
    /// Files in the given folders that are not exports.
    pub skipped: Vec<String>,
    /// Counts of what the store holds. Unlike the totals, they do not depend on what it held before.
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

//! Entry point of the ingest stage.

use std::path::PathBuf;

use persona_core::{Id, Progress, Unit};
use persona_store::Store;
use serde::{Deserialize, Serialize};

use crate::{
    archive::ArchiveReader,
    companions::Companions,
    document::{self, Context},
    error::{Error, Failure},
    output::{DocumentError, Output},
    recognise,
    report::Report,
    sink::Sink,
    sources,
};

/// Section `[ingest]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Messages per transaction. A kill undoes at most one transaction, which is then read again.
    pub batch_messages: usize,
    /// Account whose messages a Discord data package holds; needed only where the package lacks its `account/user.json`.
    pub package_owner: Option<Id>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            batch_messages: 5000,
            package_owner: None,
        }
    }
}

/// Sources and store of the stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Path of the store; created where it is missing.
    pub store: PathBuf,
    /// Files and folders to read, in this order; files of a folder are read by name.
    pub sources: Vec<PathBuf>,
}

/// Reads all sources into the store.
///
/// A source that fails does not stop the others: everything readable is stored, and then the failures are returned as
/// [`Error::Sources`], with the report.
pub fn run(config: &Config, inputs: &Inputs, progress: &dyn Progress) -> Result<Report, Error> {
    if inputs.sources.is_empty() {
        return Err(Error::NoSources);
    }
    run_into(
        config,
        &mut Store::open(&inputs.store)?,
        &inputs.sources,
        progress,
    )
}

/// [`run`] into a store that is open already, such as one in memory.
pub fn run_into(
    config: &Config,
    store: &mut Store,
    sources: &[PathBuf],
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let found = sources::find(sources);
    let mut report = Report::default();
    let mut failures = found.failures;
    let mut useful = vec![false; sources.len()];
    let total = found.documents.iter().map(|document| document.bytes).sum();
    let task = progress.task("ingest", Some(total), Unit::Bytes);
    let mut archives = ArchiveReader::default();
    let mut companions = Companions::new(config.package_owner);
    for document in &found.documents {
        let mut context = Context {
            document,
            archives: &mut archives,
            companions: &mut companions,
            output: Output {
                sink: Sink::new(store, config.batch_messages),
                progress,
                task: task.as_ref(),
                messages_before: report.totals.messages,
                name: document.name(),
            },
        };
        let outcome = document::read(&mut context);
        if let Some(file) = context.output.sink.into_report() {
            report.add(file);
            useful[document.source] = true;
        }
        match outcome {
            Ok(()) => {}
            Err(DocumentError::NotAnExport(_)) if !document.given => {
                report.skipped.push(document.name());
            }
            Err(DocumentError::NotAnExport(failure) | DocumentError::Failed(failure)) => {
                useful[document.source] = true;
                failures.push(failure);
            }
            Err(DocumentError::Store(error)) => return Err(error.into()),
            Err(DocumentError::Interrupted) => {
                let report = Box::new(report);
                return Err(Error::Interrupted { report });
            }
        }
    }
    drop(task);
    failures.extend(without_exports(sources, &useful));
    finish(store, report, failures, &companions, progress)
}

/// Failures for folders and archives among the sources that hold no export.
fn without_exports<'a>(
    sources: &'a [PathBuf],
    useful: &'a [bool],
) -> impl Iterator<Item = Failure> + 'a {
    let useless = sources
        .iter()
        .zip(useful)
        .filter(|(path, useful)| !**useful && path.exists());
    useless.map(|(path, _)| Failure::NotAnExport {
        name: path.display().to_string(),
        place: "all of its files".to_owned(),
        found: "no export".to_owned(),
        expected: recognise::EXPECTED,
    })
}

fn finish(
    store: &Store,
    mut report: Report,
    failures: Vec<Failure>,
    companions: &Companions,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    report.store = store.counts()?;
    if !report.skipped.is_empty() {
        progress.info(&report.skipped_line());
    }
    if companions.owner_is_unknown() {
        progress.warn("a data package without `account/user.json`: its messages are stored under the author id 0; set `ingest.package_owner` to the id of the account");
    }
    if failures.is_empty() {
        return Ok(report);
    }
    Err(Error::Sources {
        failures,
        report: Box::new(report),
    })
}

//! Output of reading a document: messages, progress and remarks, and the reasons to stop.

use persona_core::{Progress, Task};

use crate::{
    error::{Failure, end_reason},
    recognise::EXPECTED,
    record::{ObservedMessage, SourceChannel},
    report::Format,
    scan::Scanner,
    sink::Sink,
};

/// Receivers of messages, progress and remarks.
pub(crate) struct Output<'a> {
    pub(crate) sink: Sink<'a>,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) task: &'a dyn Task,
    /// Number of messages in the documents before this one.
    pub(crate) messages_before: u64,
    pub(crate) name: String,
}

/// Reason for which reading a document stopped before its end.
#[derive(Debug)]
pub(crate) enum DocumentError {
    /// The document is not an export.
    NotAnExport(Failure),
    /// The document cannot be read, or not to its end.
    Failed(Failure),
    /// The store failed.
    Store(persona_store::Error),
    /// The user asked to stop.
    Interrupted,
}

impl From<persona_store::Error> for DocumentError {
    fn from(error: persona_store::Error) -> Self {
        Self::Store(error)
    }
}

impl From<Failure> for DocumentError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Output<'_> {
    pub(crate) fn begin(&mut self, format: Format, channel: Option<SourceChannel>) {
        self.sink.begin(self.name.clone(), format, channel);
    }

    pub(crate) fn take(&mut self, record: ObservedMessage) -> Result<(), DocumentError> {
        if self.sink.push(record) {
            self.flush()?;
        }
        Ok(())
    }

    pub(crate) fn take_odd(
        &mut self,
        position: u64,
        reason: String,
        raw: String,
    ) -> Result<(), DocumentError> {
        if self.sink.push_odd(position, reason, raw) {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DocumentError> {
        self.sink.flush()?;
        let messages = self.messages_before + self.sink.stored();
        self.task.note(&format!("{messages} messages"));
        if self.progress.interrupted() {
            return Err(DocumentError::Interrupted);
        }
        Ok(())
    }

    /// Ends a document that was read completely, and compares its `messageCount`.
    pub(crate) fn finish_counted(&mut self, announced: Option<u64>) -> Result<(), DocumentError> {
        self.flush()?;
        let (stored, odd) = (self.sink.stored(), self.sink.rejected());
        let name = &self.name;
        if stored + odd == 0 {
            self.progress.warn(&format!("`{name}` holds no messages"));
        }
        if odd > 0 {
            self.progress.warn(&format!(
                "`{name}`: {odd} records could not be understood and are kept aside; the report lists their places"
            ));
        }
        if let Some(announced) = announced.filter(|announced| *announced != stored + odd) {
            self.progress.warn(&format!(
                "`{name}` says that it holds {announced} messages, but {} were found",
                stored + odd
            ));
        }
        Ok(())
    }

    pub(crate) fn finish(
        &mut self,
        scanner: &mut Scanner<'_>,
        announced: Option<u64>,
    ) -> Result<(), DocumentError> {
        self.finish_counted(announced)?;
        if scanner.skip_space().is_some() {
            self.progress.warn(&format!(
                "`{}`: what follows the document at byte {} was not read",
                self.name,
                scanner.offset()
            ));
        }
        Ok(())
    }

    pub(crate) fn broken_here(&mut self, scanner: &Scanner<'_>, inside: &str) -> DocumentError {
        self.broken(scanner.offset(), end_reason(scanner.failure(), inside))
    }

    /// Stores the messages before the break of a document. Returns the error.
    pub(crate) fn broken(&mut self, offset: u64, reason: String) -> DocumentError {
        if let Err(stop) = self.flush() {
            return stop;
        }
        DocumentError::Failed(Failure::Truncated {
            name: self.name.clone(),
            offset,
            reason,
            kept: self.sink.stored(),
        })
    }

    pub(crate) fn unknown(&self, place: String, found: String) -> DocumentError {
        DocumentError::NotAnExport(Failure::NotAnExport {
            name: self.name.clone(),
            place,
            found,
            expected: EXPECTED,
        })
    }
}

//! Progress of a stage, and interruption by the user.

use std::fmt::Debug;

/// Unit of a count of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes read or written.
    Bytes,
    /// Anything else, with its plural name: `messages`, `steps`, `tokens`.
    Things(&'static str),
}

/// Receiver of a stage's progress. The command line shows bars; tests use [`Silent`].
pub trait Progress: Send + Sync {
    /// Begins a task of known or unknown size, which ends when the returned value is dropped.
    fn task(&self, label: &str, total: Option<u64>, unit: Unit) -> Box<dyn Task>;

    /// Shows a warning that stops nothing.
    fn warn(&self, message: &str);

    /// Records a line of information about the run.
    fn info(&self, message: &str);

    /// Whether the user asked to stop. Long work checks this often, saves its results so far, and returns.
    fn interrupted(&self) -> bool;
}

/// Running task, as shown to the user.
pub trait Task: Send + Sync {
    /// Adds `count` to the number of units that are done.
    fn advance(&self, count: u64);

    /// Sets the number of units that are done.
    fn set(&self, done: u64);

    /// Shows figures beside the bar, such as loss and learning rate.
    fn note(&self, text: &str);
}

/// Progress that shows nothing and never interrupts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn task(&self, _: &str, _: Option<u64>, _: Unit) -> Box<dyn Task> {
        Box::new(Self)
    }

    fn warn(&self, _: &str) {}

    fn info(&self, _: &str) {}

    fn interrupted(&self) -> bool {
        false
    }
}

impl Task for Silent {
    fn advance(&self, _: u64) {}

    fn set(&self, _: u64) {}

    fn note(&self, _: &str) {}
}

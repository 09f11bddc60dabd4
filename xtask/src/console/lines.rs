//! Progress where stderr is no terminal: a plain line every ten seconds at most.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{HumanBytes, HumanCount, HumanDuration};
use persona_core::{Task, Unit, progress::Estimate};

const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Time of the last printed line, of any task.
pub(super) struct LastLine(Mutex<Instant>);

impl Default for LastLine {
    fn default() -> Self {
        Self(Mutex::new(Instant::now()))
    }
}

impl LastLine {
    /// Whether the last line is old enough for another one.
    fn due(&self) -> bool {
        let mut last = lock(&self.0);
        let due = last.elapsed() >= BETWEEN_LINES;
        if due {
            *last = Instant::now();
        }
        due
    }
}

/// Progress of one task.
pub(super) struct Lines {
    last_line: Arc<LastLine>,
    label: String,
    total: Option<u64>,
    unit: Unit,
    state: Mutex<LineState>,
}

#[derive(Default)]
struct LineState {
    work: Estimate,
    note: String,
}

impl Lines {
    /// Starts a task; nothing is printed yet.
    pub(super) fn new(
        last_line: Arc<LastLine>,
        label: &str,
        total: Option<u64>,
        unit: Unit,
    ) -> Self {
        Self {
            last_line,
            label: label.to_owned(),
            total,
            unit,
            state: Mutex::default(),
        }
    }

    fn update(&self, change: impl FnOnce(&mut LineState)) {
        let mut state = lock(&self.state);
        change(&mut state);
        if self.last_line.due() {
            tracing::info!("{}", self.line(&state));
        }
    }

    fn line(&self, state: &LineState) -> String {
        let amount = |count: u64| match self.unit {
            Unit::Bytes => HumanBytes(count).to_string(),
            Unit::Things(_) => HumanCount(count).to_string(),
        };
        let mut line = format!("{}: {}", self.label, amount(state.work.done()));
        if let Some(total) = self.total {
            let _ = write!(line, " of {}", amount(total));
        }
        if let Unit::Things(things) = self.unit {
            line = format!("{line} {things}");
        }
        if let Some(left) = self.total.and_then(|total| state.work.left(total)) {
            let _ = write!(line, ", {:#} left", HumanDuration(left));
        }
        if !state.note.is_empty() {
            line = format!("{line}, {}", state.note);
        }
        line
    }
}

impl Task for Lines {
    fn advance(&self, count: u64) {
        self.update(|state| state.work.advance(count));
    }

    fn set(&self, done: u64) {
        self.update(|state| state.work.set(done));
    }

    fn note(&self, text: &str) {
        text.clone_into(&mut lock(&self.state).note);
    }
}

/// Locks `mutex` though another thread panicked: that must not silence the progress.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_and_what_was_noted() {
        let task = Lines::new(Arc::default(), "sft", Some(2000), Unit::Things("steps"));
        task.set(1000);
        task.note("loss 2.31");
        let line = task.line(&lock(&task.state));
        assert_eq!(line, "sft: 1,000 of 2,000 steps, loss 2.31");
        task.advance(500);
        let line = task.line(&lock(&task.state));
        assert!(line.starts_with("sft: 1,500 of 2,000 steps, "), "{line}");
        assert!(line.contains(" left, loss 2.31"), "{line}");
    }

    #[test]
    fn lines_come_ten_seconds_apart() {
        let last_line = LastLine::default();
        assert!(!last_line.due());
        *lock(&last_line.0) -= BETWEEN_LINES;
        assert!(last_line.due());
        assert!(!last_line.due());
    }
}

//! Progress that asks to stop, or that slows a run down.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread::sleep,
    time::Duration,
};

use persona_core::{Progress, Silent, Task, Unit};

/// Progress that asks to stop at the call `stop_at` of `interrupted`, and sleeps at each call. A warning is a panic.
#[derive(Debug)]
pub struct Stopping {
    calls: AtomicUsize,
    stop_at: usize,
    wait: Duration,
}

impl Stopping {
    /// Asks to stop at the call with this number, counted from 0.
    pub fn at(stop_at: usize) -> Self {
        Self {
            calls: AtomicUsize::new(0),
            stop_at,
            wait: Duration::ZERO,
        }
    }

    /// Never asks to stop; sleeps for `wait` at each call.
    pub fn never(wait: Duration) -> Self {
        Self {
            wait,
            ..Self::at(usize::MAX)
        }
    }
}

impl Progress for Stopping {
    fn task(&self, label: &str, total: Option<u64>, unit: Unit) -> Box<dyn Task> {
        Silent.task(label, total, unit)
    }

    fn warn(&self, message: &str) {
        panic!("unexpected warning: {message}");
    }

    fn info(&self, _: &str) {}

    fn interrupted(&self) -> bool {
        sleep(self.wait);
        self.calls.fetch_add(1, Ordering::Relaxed) >= self.stop_at
    }
}

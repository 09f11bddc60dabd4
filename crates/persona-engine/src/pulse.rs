//! Progress of the engine's thread, seen from outside.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use persona_core::lock::locked;

/// Counters of jobs and steps of an engine. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Pulse(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    asked: AtomicU64,
    finished: AtomicU64,
    /// Number of tokens generated and jobs finished.
    steps: AtomicU64,
    /// Steps at the last look, and the time at which they last changed.
    seen: Mutex<Option<(u64, Instant)>>,
}

impl Pulse {
    /// Whether the engine is idle, or made progress within the last `patience`. Progress is measured from call to call, so
    /// this must be called regularly.
    pub fn lives(&self, patience: Duration) -> bool {
        let steps = self.0.steps.load(Ordering::Relaxed);
        let idle = self.0.asked.load(Ordering::Relaxed) == self.0.finished.load(Ordering::Relaxed);
        let mut seen = locked(&self.0.seen);
        match *seen {
            Some((before, since)) if before == steps && !idle => since.elapsed() < patience,
            _ => {
                *seen = Some((steps, Instant::now()));
                true
            }
        }
    }

    pub(crate) fn ask(&self) {
        self.0.asked.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn step(&self) {
        self.0.steps.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn finish(&self) {
        self.step();
        self.0.finished.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_and_working_engines_live_and_hanging_ones_do_not() {
        let pulse = Pulse::default();
        let patience = Duration::ZERO;
        assert!(pulse.lives(patience) && pulse.lives(patience));
        pulse.ask();
        assert!(!pulse.lives(patience));
        assert!(pulse.lives(Duration::from_hours(1)));
        pulse.step();
        assert!(pulse.lives(patience));
        assert!(!pulse.lives(patience));
        pulse.finish();
        assert!(pulse.lives(patience) && pulse.lives(patience));
    }
}

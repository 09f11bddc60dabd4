//! Progress of a stage, and interruption by the user.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

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

/// Counts work and estimates how long the rest takes, from the mean speed since the first count.
#[derive(Clone, Debug)]
pub struct Estimate {
    begun: Instant,
    /// What was done when the work began; a resumed run does not begin at nothing.
    start: Option<u64>,
    /// When the first count came, and what was done then. What came before it, such as a first evaluation, is no step.
    first: Option<(Instant, u64)>,
    last: Instant,
    done: u64,
}

impl Default for Estimate {
    fn default() -> Self {
        Self::begun_at(Instant::now())
    }
}

impl Estimate {
    fn begun_at(begun: Instant) -> Self {
        Self {
            begun,
            start: None,
            first: None,
            last: begun,
            done: 0,
        }
    }

    /// What is done.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// `count` more are done.
    pub fn advance(&mut self, count: u64) {
        self.count_at(self.done + count, Instant::now());
    }

    /// So many are done in all. Said first, it is what was done before the work began.
    pub fn set(&mut self, done: u64) {
        if self.start.is_none() && self.first.is_none() {
            (self.start, self.done) = (Some(done), done);
        } else {
            self.count_at(done, Instant::now());
        }
    }

    fn count_at(&mut self, done: u64, now: Instant) {
        (self.done, self.last) = (done, now);
        if done > self.start.unwrap_or(0) {
            self.first.get_or_insert((now, done));
        }
    }

    /// How long what is left of `total` takes; `None` before the first count.
    pub fn left(&self, total: u64) -> Option<Duration> {
        self.left_at(total, Instant::now())
    }

    fn left_at(&self, total: u64, now: Instant) -> Option<Duration> {
        let (at, first) = self.first?;
        let (spent, counted) = if self.done > first {
            (self.last - at, self.done - first)
        } else {
            (at - self.begun, first - self.start.unwrap_or(0))
        };
        let rest = total.saturating_sub(self.done) as f64 / counted as f64;
        Some(spent.mul_f64(rest).saturating_sub(now - self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_from_the_mean_speed() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut work = Estimate::begun_at(begun);
        work.set(5);
        assert_eq!(
            work.left_at(10, at(200)),
            None,
            "nothing is known before the first step"
        );
        // An evaluation of 200 seconds, then steps of 10.
        work.count_at(6, at(210));
        assert_eq!(work.left_at(10, at(210)), Some(Duration::from_mins(14)));
        work.count_at(7, at(220));
        assert_eq!(work.left_at(10, at(220)), Some(Duration::from_secs(30)));
        assert_eq!(work.left_at(10, at(225)), Some(Duration::from_secs(25)));
        assert_eq!(work.left_at(10, at(900)), Some(Duration::ZERO));
        work.count_at(10, at(900));
        assert_eq!(work.left_at(10, at(900)), Some(Duration::ZERO));
    }
}

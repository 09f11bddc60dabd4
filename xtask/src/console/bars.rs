//! Progress as bars on a terminal.

use std::{
    fmt::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use persona_core::{Task, Unit, progress::Estimate};

use super::lines::lock;

/// A bar with time left and a note; it goes away when the work ends.
pub(super) struct Bar {
    bar: ProgressBar,
    work: Arc<Mutex<Estimate>>,
}

impl Bar {
    /// Adds a bar below the others.
    pub(super) fn new(bars: &MultiProgress, label: &str, total: Option<u64>, unit: Unit) -> Self {
        let bar = bars.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
        let work = Arc::<Mutex<Estimate>>::default();
        bar.set_style(style(total.is_some(), unit, work.clone()));
        bar.set_prefix(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(250));
        Self { bar, work }
    }
}

fn style(bounded: bool, unit: Unit, work: Arc<Mutex<Estimate>>) -> ProgressStyle {
    let (done, rate) = match unit {
        Unit::Bytes if bounded => ("{bytes}/{total_bytes}".to_owned(), "{bytes_per_sec}"),
        Unit::Bytes => ("{bytes}".to_owned(), "{bytes_per_sec}"),
        Unit::Things(things) if bounded => (format!("{{human_pos}}/{{human_len}} {things}"), ""),
        Unit::Things(things) => (format!("{{human_pos}} {things}"), "{per_sec:.1}"),
    };
    let template = if bounded {
        format!("{{prefix}} {{bar:24}} {done} {rate} {{left}}{{msg}}")
    } else {
        format!("{{prefix}} {{spinner}} {done} {rate} {{msg}}")
    };
    ProgressStyle::with_template(&template)
        .expect("the template is fixed but for the unit's name")
        .progress_chars("█▌ ")
        .with_key("left", move |state: &ProgressState, out: &mut dyn Write| {
            // Nothing is known before the first step.
            if let Some(left) = state.len().and_then(|total| lock(&work).left(total)) {
                let _ = write!(out, "{:#} left  ", HumanDuration(left));
            }
        })
}

impl Task for Bar {
    fn advance(&self, count: u64) {
        lock(&self.work).advance(count);
        self.bar.inc(count);
    }

    fn set(&self, done: u64) {
        lock(&self.work).set(done);
        self.bar.set_position(done);
    }

    fn note(&self, text: &str) {
        self.bar.set_message(text.to_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

//! Bars on a terminal.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use persona_core::{Task, Unit};

/// A bar with rate, time left and a note; it goes away when the work ends.
pub(super) struct Bar {
    bar: ProgressBar,
    begun: AtomicBool,
}

impl Bar {
    /// Adds a bar below the others.
    pub(super) fn new(bars: &MultiProgress, label: &str, total: Option<u64>, unit: Unit) -> Self {
        let bar = bars.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
        bar.set_style(style(total.is_some(), unit));
        bar.set_prefix(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(250));
        Self {
            bar,
            begun: AtomicBool::new(false),
        }
    }
}

fn style(bounded: bool, unit: Unit) -> ProgressStyle {
    let (done, rate) = match unit {
        Unit::Bytes if bounded => ("{bytes}/{total_bytes}".to_owned(), "{bytes_per_sec}"),
        Unit::Bytes => ("{bytes}".to_owned(), "{bytes_per_sec}"),
        Unit::Things(things) if bounded => (
            format!("{{human_pos}}/{{human_len}} {things}"),
            "{per_sec:.1}",
        ),
        Unit::Things(things) => (format!("{{human_pos}} {things}"), "{per_sec:.1}"),
    };
    let template = if bounded {
        format!("{{prefix}} {{bar:24}} {done} {rate} eta {{eta}} {{msg}}")
    } else {
        format!("{{prefix}} {{spinner}} {done} {rate} {{msg}}")
    };
    ProgressStyle::with_template(&template)
        .expect("the template is fixed but for the unit's name")
        .progress_chars("█▌ ")
}

impl Task for Bar {
    fn advance(&self, count: u64) {
        self.bar.inc(count);
    }

    fn set(&self, done: u64) {
        self.bar.set_position(done);
        // A resumed run begins in the middle; what was done before says nothing about the speed.
        if !self.begun.swap(true, Ordering::Relaxed) {
            self.bar.reset_eta();
        }
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

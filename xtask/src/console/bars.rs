//! Bars on a terminal.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use persona_core::{Task, Unit};

/// A bar with rate, time left and a note; it goes away when the work ends.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// Adds a bar below the others.
    pub(super) fn new(bars: &MultiProgress, label: &str, total: Option<u64>, unit: Unit) -> Self {
        let bar = bars.add(total.map_or_else(ProgressBar::no_length, ProgressBar::new));
        bar.set_style(style(total.is_some(), unit));
        bar.set_prefix(label.to_owned());
        bar.enable_steady_tick(Duration::from_millis(250));
        Self(bar)
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
        self.0.inc(count);
    }

    fn set(&self, done: u64) {
        self.0.set_position(done);
    }

    fn note(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

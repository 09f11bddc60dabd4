//! Output for the user during work: bars on a terminal, a line now and then elsewhere, nothing with `-q`. All of it goes to
//! stderr.

mod bars;
mod lines;
mod log;

use std::{
    collections::BTreeSet,
    io::IsTerminal,
    sync::{Arc, Mutex},
};

use indicatif::{MultiProgress, ProgressDrawTarget};
use persona_core::{Progress, Silent, Task, Unit};

use crate::{global::Global, interrupt};

/// Receiver of the progress of all stages.
#[derive(Clone)]
pub(crate) struct Console {
    style: Style,
    bars: MultiProgress,
    lines: Arc<lines::LastLine>,
    warned: Arc<Mutex<BTreeSet<String>>>,
    calm: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Bars,
    Lines,
    Nothing,
}

/// Starts logging and chooses how progress is shown.
pub(crate) fn start(global: &Global) -> Console {
    let style = if global.quiet {
        Style::Nothing
    } else if std::io::stderr().is_terminal() {
        Style::Bars
    } else {
        Style::Lines
    };
    let target = if style == Style::Bars {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bars = MultiProgress::with_draw_target(target);
    log::start(global, bars.clone());
    Console {
        style,
        bars,
        lines: Arc::default(),
        warned: Arc::default(),
        calm: false,
    }
}

impl Console {
    /// Returns the same console without warnings, for a trial, of whose figures the user was warned before.
    pub(crate) fn calm(&self) -> Self {
        Self {
            calm: true,
            ..self.clone()
        }
    }
}

impl Progress for Console {
    fn task(&self, label: &str, total: Option<u64>, unit: Unit) -> Box<dyn Task> {
        match self.style {
            Style::Bars => Box::new(bars::Bar::new(&self.bars, label, total, unit)),
            Style::Lines => Box::new(lines::Lines::new(self.lines.clone(), label, total, unit)),
            Style::Nothing => Box::new(Silent),
        }
    }

    fn warn(&self, message: &str) {
        // Several stages see the same; once is enough.
        if self.calm {
            tracing::debug!("{message}");
        } else if lines::lock(&self.warned).insert(message.to_owned()) {
            tracing::warn!("{message}");
        }
    }

    fn info(&self, message: &str) {
        tracing::info!("{message}");
    }

    fn interrupted(&self) -> bool {
        interrupt::requested()
    }
}

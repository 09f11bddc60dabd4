//! Monitor: counts events, and writes heartbeats while the bot makes progress.
//!
//! A thread of its own writes both. It writes a heartbeat only when the event loop reported a moment ago and the engine is
//! idle or making progress: a bot that hangs falls silent, and its supervisor restarts it.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        mpsc::{self, RecvTimeoutError},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use jiff::{Timestamp, tz::TimeZone};
use persona_core::lock::locked;
use persona_discord::time::now_ms;
use persona_engine::Pulse;
use persona_store::Store;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};
use tracing::warn;

use crate::{
    heartbeat::Beat,
    observer::{BotEvent, Observer},
};

mod figures;
mod histogram;

use figures::Figures;
pub use figures::{Day, days};

/// Interval at which figures are written to the store.
const FLUSH: Duration = Duration::from_secs(30);

/// Paths and intervals of the monitor.
#[derive(Debug)]
pub struct MonitorConfig {
    /// Path of the heartbeat file; `None` writes none.
    pub heartbeat: Option<PathBuf>,
    /// Interval between two heartbeats.
    pub interval: Duration,
    /// Longest time between two rounds of the event loop before it counts as hung.
    pub loop_patience: Duration,
    /// Longest time without progress of an engine that has work before it counts as hung.
    pub engine_patience: Duration,
    /// Path of the store that keeps the figures; `None` keeps none.
    pub store: Option<PathBuf>,
}

/// Observer that counts and writes heartbeats.
#[derive(Debug)]
pub struct Monitor {
    state: Arc<MonitorState>,
    /// Thread of the monitor, and the sender whose drop ends it; `None` after the end.
    running: Mutex<Option<(mpsc::Sender<()>, JoinHandle<()>)>>,
}

#[derive(Debug)]
struct MonitorState {
    figures: Mutex<Figures>,
    alive: Mutex<Option<Instant>>,
}

impl Monitor {
    /// Starts the monitor. `pulse` tells whether the embedded engine makes progress; a bot without one has none.
    pub fn start(config: MonitorConfig, pulse: Option<Pulse>) -> std::io::Result<Self> {
        let state = Arc::new(MonitorState {
            figures: Mutex::default(),
            alive: Mutex::default(),
        });
        let (stop, stopped) = mpsc::channel();
        let seen = state.clone();
        let thread = std::thread::Builder::new()
            .name("monitor".to_owned())
            .spawn(move || MonitorThread::new(config, seen, pulse).run(&stopped))?;
        Ok(Self {
            state,
            running: Mutex::new(Some((stop, thread))),
        })
    }

    /// Writes the last figures and stops the thread. Dropping the last handle does the same.
    pub fn finish(&self) {
        let running = locked(&self.running).take();
        if let Some((stop, thread)) = running {
            drop(stop);
            let _ = thread.join();
        }
    }
}

impl Observer for Monitor {
    fn on_event(&self, event: &BotEvent) {
        locked(&self.state.figures).count(event);
    }

    fn alive(&self) {
        *locked(&self.state.alive) = Some(Instant::now());
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Today's day in UTC, under which figures are kept.
pub(crate) fn today() -> String {
    Timestamp::now().to_zoned(TimeZone::UTC).date().to_string()
}

/// State of the monitor's thread.
struct MonitorThread {
    config: MonitorConfig,
    state: Arc<MonitorState>,
    pulse: Option<Pulse>,
    store: Option<Store>,
    system: System,
    started: Instant,
    beats: u64,
    flushed: Instant,
    /// Whether a failed write was logged already; it is logged once.
    complained: bool,
}

impl MonitorThread {
    fn new(config: MonitorConfig, state: Arc<MonitorState>, pulse: Option<Pulse>) -> Self {
        let now = Instant::now();
        Self {
            config,
            state,
            pulse,
            store: None,
            system: System::new(),
            started: now,
            beats: 0,
            flushed: now,
            complained: false,
        }
    }

    fn run(mut self, stopped: &mpsc::Receiver<()>) {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(self.config.interval) {
            self.look(Instant::now());
        }
        self.flush();
        if let Some(path) = &self.config.heartbeat {
            // A bot that has stopped leaves no heartbeat behind.
            let _ = std::fs::remove_file(path);
        }
    }

    /// Work of one interval, as of `now`.
    fn look(&mut self, now: Instant) {
        let memory_mib = self.memory_mib();
        locked(&self.state.figures).see_memory(memory_mib);
        if self.lives(now) {
            self.beat(memory_mib);
        }
        if now.saturating_duration_since(self.flushed) >= FLUSH {
            self.flushed = now;
            self.flush();
        }
    }

    fn lives(&self, now: Instant) -> bool {
        let alive = *locked(&self.state.alive);
        let loops = alive
            .is_some_and(|alive| now.saturating_duration_since(alive) < self.config.loop_patience);
        let works = self
            .pulse
            .as_ref()
            .is_none_or(|pulse| pulse.lives(self.config.engine_patience));
        loops && works
    }

    fn beat(&mut self, memory_mib: u64) {
        let Some(path) = &self.config.heartbeat else {
            return;
        };
        self.beats += 1;
        let beat = Beat {
            process: std::process::id(),
            count: self.beats,
            time_ms: now_ms(),
            uptime_seconds: self.started.elapsed().as_secs(),
            memory_mib,
        };
        if let Err(error) = beat.write(path) {
            self.complain(&error);
        }
    }

    fn flush(&mut self) {
        let Some(path) = &self.config.store else {
            return;
        };
        let day = today();
        let figures = locked(&self.state.figures).take();
        let store = match self.store.take().map_or_else(|| Store::open(path), Ok) {
            Ok(store) => store,
            Err(error) => {
                locked(&self.state.figures).put_back(figures);
                return self.complain(&error);
            }
        };
        match figures.write(&store, &day) {
            Ok(()) => self.complained = false,
            Err(error) => {
                locked(&self.state.figures).put_back(figures);
                self.complain(&error);
            }
        }
        self.store = Some(store);
    }

    fn complain(&mut self, error: &dyn std::error::Error) {
        if !std::mem::replace(&mut self.complained, true) {
            warn!("signs of life or statistics cannot be written: {error}");
        }
    }

    fn memory_mib(&mut self) -> u64 {
        let own = Pid::from_u32(std::process::id());
        self.system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[own]),
            false,
            ProcessRefreshKind::nothing().with_memory(),
        );
        self.system
            .process(own)
            .map_or(0, |process| process.memory() >> 20)
    }
}

#[cfg(test)]
mod tests;

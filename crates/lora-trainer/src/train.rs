//! The loop of steps that every recipe runs: accumulate, update, log, evaluate, save; and going on after a stop.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use persona_core::{Progress, Task, Unit, layout};
use persona_model::Batch;
use serde_json::json;

use crate::{
    checkpoint::{self, Checkpoint, Identity, Missing, State},
    error::Error,
    executor::Executor,
    loss::Loss,
    metrics::{Figures, Metrics, Pending, restore_record, save_record},
    schedule::Cosine,
};

/// What a recipe adds to the loop. Everything is a function of the step, so that a run can go on anywhere.
pub trait Recipe: Sync {
    /// The micro-batches of step `step`, counted from 0.
    fn window(&self, step: usize) -> Result<Window, Error>;

    /// The share of micro-batch `index` in the loss of the window, and its slope: a function of the log-probabilities of
    /// the batch's targets, in nats.
    fn loss(&self, window: &Window, index: usize, log_probs: &[f32]) -> Loss;

    /// Names the sums of [`Loss::figures`] over `steps` steps.
    fn figures(&self, sums: &[f64], steps: u64) -> Figures;

    /// Whether to evaluate after `steps` steps besides every `eval_every` (the end of an epoch).
    fn evaluates_after(&self, steps: usize) -> bool;

    /// Figures on held-out data; `None` where there are none.
    fn evaluate(
        &self,
        executor: &dyn Executor,
        progress: &dyn Progress,
    ) -> Result<Option<Figures>, Error>;
}

/// The micro-batches of one optimizer step.
#[derive(Clone, Debug)]
pub struct Window {
    /// Which step, counted from 0.
    pub step: usize,
    /// Which epoch it belongs to, with the part of it that is done after the step.
    pub epoch: f64,
    /// What is computed, in order.
    pub batches: Vec<Batch>,
    /// One seed of dropout for each of them; none where nothing is dropped.
    pub dropout_seeds: Vec<u64>,
    /// Tokens in all of them.
    pub tokens: usize,
    /// What the window's sum of losses is divided by: target tokens, or pairs.
    pub weight: usize,
}

/// The numbers of the loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What the progress bar says.
    pub label: &'static str,
    /// Optimizer steps in all.
    pub steps: usize,
    /// Learning rates.
    pub schedule: Cosine,
    /// Gradients are clipped to this norm.
    pub max_grad_norm: f64,
    /// Steps per record.
    pub log_every: usize,
    /// Steps per evaluation.
    pub eval_every: usize,
    /// Steps per checkpoint.
    pub save_every: usize,
    /// A checkpoint is written at least this often. It changes no result.
    pub save_interval: Duration,
}

/// What a finished loop leaves.
#[derive(Debug)]
pub struct Trained {
    /// All records.
    pub metrics: Metrics,
    /// Tokens computed, over all sessions of the run.
    pub tokens: u64,
    /// Tokens a second in this session; `None` if it had no step to do.
    pub tokens_per_second: Option<f64>,
    /// The step at which this session took up the run.
    pub resumed_at: usize,
}

/// Runs all steps that are left, in `folder`.
///
/// Where `folder` holds a checkpoint of the same run, that run goes on; the result is the same bit for bit.
/// The checkpoint stays: the recipe removes it when its result is on disk.
pub fn train(
    executor: &mut dyn Executor,
    recipe: &dyn Recipe,
    settings: &Settings,
    folder: &Path,
    identity: Identity,
    progress: &dyn Progress,
) -> Result<Trained, Error> {
    let mut run = Run::start(executor, settings, folder, identity, progress)?;
    let task = progress.task(
        settings.label,
        Some(settings.steps as u64),
        Unit::Things("steps"),
    );
    task.set(run.state.step as u64);
    let first = run.state.step;
    let mut pace = Pace::new();
    if first == 0 {
        // A disk that is too small says so before the work, not after hours of it.
        run.save(executor, folder)?;
    }
    let mut saved = Instant::now();
    loop {
        let step = run.state.step;
        if run.wants_evaluation(recipe, settings) {
            match recipe.evaluate(executor, progress) {
                Err(Error::Stopped) => return run.interrupted(executor, folder),
                figures => run.record_evaluation(figures?)?,
            }
            pace.pause();
        }
        if step == settings.steps {
            // Whatever keeps the recipe from writing its result, the steps need not be done again.
            run.save(executor, folder)?;
            break;
        }
        let due =
            step.is_multiple_of(settings.save_every) || saved.elapsed() >= settings.save_interval;
        if due && step > first {
            run.save(executor, folder)?;
            saved = Instant::now();
        }
        if progress.interrupted() {
            return run.interrupted(executor, folder);
        }
        let window = recipe.window(step)?;
        match run.step(executor, recipe, settings, &window, progress) {
            Err(Error::Stopped) => return run.interrupted(executor, folder),
            done => done?,
        }
        pace.add(window.tokens);
        task.advance(1);
        run.note(task.as_ref(), &pace);
    }
    Ok(Trained {
        tokens: run.state.tokens,
        tokens_per_second: pace.tokens_per_second(),
        resumed_at: first,
        metrics: run.metrics,
    })
}

/// The running state of the loop.
struct Run {
    state: State,
    pending: Pending,
    metrics: Metrics,
    last: (f64, f64),
}

impl Run {
    fn start(
        executor: &mut dyn Executor,
        settings: &Settings,
        folder: &Path,
        identity: Identity,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let mut state = State {
            identity,
            step: 0,
            tokens: 0,
            evaluated: None,
            pending: Pending::default().to_bits(),
            metrics: Vec::new(),
        };
        match Checkpoint::load(folder, &state.identity) {
            Ok(found) => {
                executor.restore(&found)?;
                state = found.state;
                progress.info(&format!(
                    "{}: going on after step {} of {}",
                    settings.label, state.step, settings.steps
                ));
            }
            Err(Missing::None) => {}
            Err(Missing::Unusable(reason)) => progress.warn(&format!(
                "{}: starting anew, the checkpoint cannot be used: {reason}",
                settings.label
            )),
        }
        Ok(Self {
            pending: state.pending().unwrap_or_default(),
            metrics: Metrics::start(
                &folder.join(layout::METRICS),
                state.metrics.iter().map(restore_record).collect(),
            )?,
            state,
            last: (f64::NAN, 0.0),
        })
    }

    fn wants_evaluation(&self, recipe: &dyn Recipe, settings: &Settings) -> bool {
        let step = self.state.step;
        let due = step.is_multiple_of(settings.eval_every)
            || step == settings.steps
            || recipe.evaluates_after(step);
        due && self.state.evaluated != Some(step)
    }

    fn record_evaluation(&mut self, figures: Option<Figures>) -> Result<(), Error> {
        if let Some(figures) = figures {
            let mut record = Figures::from_iter([("step".to_owned(), json!(self.state.step))]);
            record.extend(figures);
            self.metrics.add(record)?;
        }
        self.state.evaluated = Some(self.state.step);
        Ok(())
    }

    fn step(
        &mut self,
        executor: &mut dyn Executor,
        recipe: &dyn Recipe,
        settings: &Settings,
        window: &Window,
        progress: &dyn Progress,
    ) -> Result<(), Error> {
        let rate = settings.schedule.rate(window.step);
        let loss = |index: usize, log_probs: &[f32]| recipe.loss(window, index, log_probs);
        let done = executor.accumulate(&window.batches, &window.dropout_seeds, progress, &loss)?;
        finite("loss", done.loss, window.step, rate)?;
        let norm = executor.step(rate, settings.max_grad_norm)?;
        finite("gradient norm", norm, window.step, rate)?;
        self.state.step += 1;
        self.state.tokens += window.tokens as u64;
        self.pending.add(done.loss, &done.figures);
        self.last = (done.loss, rate);
        let step = self.state.step;
        if step.is_multiple_of(settings.log_every) || step == settings.steps {
            let pending = std::mem::take(&mut self.pending);
            let mut record = Figures::new();
            record.insert("step".to_owned(), json!(step));
            record.insert("epoch".to_owned(), json!(window.epoch));
            record.insert(
                "loss".to_owned(),
                json!(pending.loss / pending.steps as f64),
            );
            record.insert("grad_norm".to_owned(), json!(norm));
            record.insert("learning_rate".to_owned(), json!(rate));
            record.insert("tokens".to_owned(), json!(self.state.tokens));
            record.extend(recipe.figures(&pending.figures, pending.steps));
            self.metrics.add(record)?;
        }
        Ok(())
    }

    fn save(&mut self, executor: &dyn Executor, folder: &Path) -> Result<(), Error> {
        self.state.pending = self.pending.to_bits();
        self.state.metrics = self.metrics.records().iter().map(save_record).collect();
        Ok(checkpoint::save(folder, &self.state, &executor.state()?)?)
    }

    fn interrupted<T>(&mut self, executor: &dyn Executor, folder: &Path) -> Result<T, Error> {
        self.save(executor, folder)?;
        Err(Error::at(self.state.step, folder)(Error::Stopped))
    }

    fn note(&self, task: &dyn Task, pace: &Pace) {
        let (loss, rate) = self.last;
        let speed = pace.tokens_per_second().unwrap_or(0.0);
        task.note(&format!(
            "loss {loss:.4}  lr {rate:.2e}  {speed:.0} tokens/s"
        ));
    }
}

fn finite(what: &'static str, value: f64, step: usize, rate: f64) -> Result<(), Error> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::Diverged {
        step: step + 1,
        what,
        value,
        rate,
    })
}

/// How fast steps go, not counting evaluations.
struct Pace {
    since: Instant,
    seconds: f64,
    tokens: usize,
    steps: usize,
}

impl Pace {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            seconds: 0.0,
            tokens: 0,
            steps: 0,
        }
    }

    /// The time since the last step belongs to none.
    fn pause(&mut self) {
        self.since = Instant::now();
    }

    fn add(&mut self, tokens: usize) {
        self.seconds += self.since.elapsed().as_secs_f64();
        self.since = Instant::now();
        self.tokens += tokens;
        self.steps += 1;
    }

    fn tokens_per_second(&self) -> Option<f64> {
        (self.steps > 0).then(|| self.tokens as f64 / self.seconds.max(1e-9))
    }
}

//! Training loop of all recipes: accumulate, update, log, evaluate, save, and continue after a stop.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use persona_core::{Progress, Task, Unit, layout};
use persona_model::Batch;
use serde_json::json;

use crate::{
    checkpoint::{self, Checkpoint, Identity, NoCheckpoint, TrainingState},
    error::Error,
    executor::Executor,
    loss::Loss,
    metrics::{Figures, Metrics, Pending, restore_record, save_record},
    schedule::Cosine,
};

/// Part of training that differs between kinds: data, loss and figures. All methods are functions of the step, so that
/// a run can continue anywhere.
pub trait Recipe: Sync {
    /// Micro-batches of step `step`, counted from 0.
    fn training_window(&self, step: usize) -> Result<TrainingWindow, Error>;

    /// Share of micro-batch `index` in the loss of the training window, with its slope: a function of the
    /// log-probabilities of the batch's targets, in nats.
    fn loss(&self, window: &TrainingWindow, index: usize, log_probs: &[f32]) -> Loss;

    /// Names the sums of [`Loss::figures`] over `steps` steps; by default there are none.
    fn figures(&self, _sums: &[f64], _steps: u64) -> Figures {
        Figures::new()
    }

    /// Whether to evaluate after `steps` steps, such as at the end of an epoch, in addition to every `eval_every`
    /// steps.
    fn evaluates_after(&self, steps: usize) -> bool;

    /// Computes figures on held-out data; `None` where there is none.
    fn evaluate(
        &self,
        executor: &dyn Executor,
        progress: &dyn Progress,
    ) -> Result<Option<Figures>, Error>;
}

/// All micro-batches of one optimizer step.
#[derive(Clone, Debug)]
pub struct TrainingWindow {
    /// Step, counted from 0.
    pub step: usize,
    /// Epochs done after the step, with fraction.
    pub epoch: f64,
    /// Micro-batches of the step, in order.
    pub batches: Vec<Batch>,
    /// Dropout seed of each micro-batch; empty for no dropout.
    pub dropout_seeds: Vec<u64>,
    /// Number of tokens in all micro-batches.
    pub tokens: usize,
    /// Divisor of the summed losses: number of target tokens, or of pairs.
    pub weight: usize,
}

/// Settings of the training loop.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopSettings {
    /// Label of the progress bar.
    pub label: &'static str,
    /// Number of optimizer steps in all.
    pub steps: usize,
    /// Learning-rate schedule.
    pub schedule: Cosine,
    /// Largest gradient norm; longer gradients are scaled down to it.
    pub max_grad_norm: f64,
    /// Steps between two records in `metrics.jsonl`.
    pub log_every: usize,
    /// Steps between two evaluations.
    pub eval_every: usize,
    /// Steps between two checkpoints.
    pub save_every: usize,
    /// Longest time between two checkpoints. It changes no result.
    pub save_interval: Duration,
}

/// Result of a finished training loop.
#[derive(Debug)]
pub struct Trained {
    /// All records of the run.
    pub metrics: Metrics,
    /// Number of tokens computed, over the whole run.
    pub tokens: u64,
    /// Tokens per second since the run was started or resumed last; `None` if it had no step left to do.
    pub tokens_per_second: Option<f64>,
    /// Step at which the run was started or resumed last.
    pub resumed_at: usize,
}

/// Runs all steps that are left, with checkpoint and records in `folder`.
///
/// Where `folder` holds a checkpoint of the same run, that run continues; the result is the same bit for bit. The
/// checkpoint stays: the recipe removes it when its result is on disk.
pub fn train(
    executor: &mut dyn Executor,
    recipe: &dyn Recipe,
    settings: &LoopSettings,
    folder: &Path,
    identity: Identity,
    progress: &dyn Progress,
) -> Result<Trained, Error> {
    let mut run = TrainingLoop::start(executor, settings, folder, identity, progress)?;
    let task = progress.task(
        settings.label,
        Some(settings.steps as u64),
        Unit::Things("steps"),
    );
    task.set(run.state.step as u64);
    let first = run.state.step;
    let mut speed = Speed::new();
    if first == 0 {
        // A disk that is too small is found before the work, not after hours of it.
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
            speed.pause();
        }
        if step == settings.steps {
            // If the recipe cannot write its result, the steps need not be done again.
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
        let window = recipe.training_window(step)?;
        match run.step(executor, recipe, settings, &window, progress) {
            Err(Error::Stopped) => return run.interrupted(executor, folder),
            done => done?,
        }
        speed.add(window.tokens);
        task.advance(1);
        run.note(task.as_ref(), &speed);
    }
    Ok(Trained {
        tokens: run.state.tokens,
        tokens_per_second: speed.tokens_per_second(),
        resumed_at: first,
        metrics: run.metrics,
    })
}

/// State of the running loop.
struct TrainingLoop {
    state: TrainingState,
    pending: Pending,
    metrics: Metrics,
    last: (f64, f64),
}

impl TrainingLoop {
    fn start(
        executor: &mut dyn Executor,
        settings: &LoopSettings,
        folder: &Path,
        identity: Identity,
        progress: &dyn Progress,
    ) -> Result<Self, Error> {
        let mut state = TrainingState {
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
            Err(NoCheckpoint::Absent) => {}
            Err(NoCheckpoint::Unusable(reason)) => progress.warn(&format!(
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

    fn wants_evaluation(&self, recipe: &dyn Recipe, settings: &LoopSettings) -> bool {
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
        settings: &LoopSettings,
        window: &TrainingWindow,
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

    fn note(&self, task: &dyn Task, speed: &Speed) {
        let (loss, rate) = self.last;
        let tokens = speed.tokens_per_second().unwrap_or(0.0);
        task.note(&format!(
            "loss {loss:.4}  lr {rate:.2e}  {tokens:.0} tokens/s"
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

/// Tokens per second, evaluations not counted.
struct Speed {
    since: Instant,
    seconds: f64,
    tokens: usize,
    steps: usize,
}

impl Speed {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            seconds: 0.0,
            tokens: 0,
            steps: 0,
        }
    }

    /// Excludes the time since the last step.
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

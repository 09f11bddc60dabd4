//! The plan of a run: its stages with the work that a program attaches to each. One plan serves the preview and the run.

use std::{collections::BTreeMap, path::Path};

use persona_core::{FileError, Progress, hash};
use serde::Serialize;
use serde_json::Value;

use crate::{
    folder::RunFolder,
    manifest::Manifest,
    once::{self, Finished, Interrupted, run_once},
    stage::{Mode, Part, Stage},
};

/// Error: a stage was to be run before what it reads was there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{stage}` cannot run: {why}")]
pub struct NotReady {
    /// Stage that cannot run.
    pub stage: Stage,
    /// Description of what is missing.
    pub why: String,
}

/// Error type of a program that carries out a plan.
pub trait PlanError: From<FileError> + From<Interrupted> + From<NotReady> {}

impl<E: From<FileError> + From<Interrupted> + From<NotReady>> PlanError for E {}

/// Work of a program for one stage.
pub trait Work<E> {
    /// Stage of the work.
    fn stage(&self) -> Stage;

    /// Settings and inputs of the stage, as the run is now.
    fn planned(&self) -> Result<Planned, E>;

    /// Runs the stage and returns the report. `folder` is the stage's, and holds what an interrupted run of the same plan left.
    fn run(&self, folder: &Path) -> Result<Value, E>;

    /// Whether the stage has nothing to work on; it is then left out, and its earlier results are removed.
    fn is_idle(&self) -> Result<bool, E> {
        Ok(false)
    }

    /// Reason for which results that match the plan do not hold all the same.
    fn invalid(&self) -> Result<Option<String>, E> {
        Ok(None)
    }

    /// Prepares the run for a stage that is about to run.
    fn prepare(&self, _planned: &Manifest) -> Result<(), E> {
        Ok(())
    }

    /// Called when the results are there, whether they are new or from an earlier run.
    fn complete(&self) -> Result<(), E> {
        Ok(())
    }
}

/// Knowledge about a stage before it runs.
pub enum Planned {
    /// Settings and hashes of all inputs.
    Known(Box<Manifest>),
    /// Description of an input that is not there yet.
    Unknown(String),
}

impl Planned {
    /// Plan of a stage whose settings and inputs are known. `seed` is `None` where no chance is involved.
    pub fn known<C: Serialize>(
        stage: Stage,
        settings: &C,
        seed: Option<u64>,
        inputs: Inputs,
    ) -> Result<Self, serde_json::Error> {
        let settings = serde_json::to_value(settings)?;
        let planned = Manifest::planned(stage, settings, seed, inputs.0);
        Ok(Self::Known(Box::new(planned)))
    }
}

/// Hashes of a stage's inputs, by role.
#[derive(Clone, Debug, Default)]
pub struct Inputs(BTreeMap<String, String>);

impl Inputs {
    /// Adds the file or folder at `path`.
    pub fn path(mut self, role: &str, path: &Path) -> Result<Self, FileError> {
        self.0.insert(role.to_owned(), hash::hash_path(path)?);
        Ok(self)
    }

    /// Adds the file or folder at `path` where there is one.
    pub fn optional(self, role: &str, path: Option<&Path>) -> Result<Self, FileError> {
        match path {
            Some(path) => self.path(role, path),
            None => Ok(self),
        }
    }

    /// Adds inputs by their known hashes.
    #[must_use]
    pub fn hashes(mut self, hashes: impl IntoIterator<Item = (String, String)>) -> Self {
        self.0.extend(hashes);
        self
    }

    /// Whether an input has this role.
    pub fn has(&self, role: &str) -> bool {
        self.0.contains_key(role)
    }
}

/// Preview of one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// Stage of the preview.
    pub stage: Stage,
    /// Whether the stage would run.
    pub runs: bool,
    /// Reason for which it would run or be skipped.
    pub why: String,
}

/// Stages of one run, in their order.
pub struct Plan<'a, E> {
    folder: RunFolder,
    mode: Mode,
    steps: Vec<Box<dyn Work<E> + 'a>>,
}

impl<'a, E: PlanError> Plan<'a, E> {
    /// Plan without stages.
    pub fn new(folder: &RunFolder, mode: Mode) -> Self {
        Self {
            folder: folder.clone(),
            mode,
            steps: Vec::new(),
        }
    }

    /// Adds a stage after those that it reads.
    #[must_use]
    pub fn then(mut self, work: impl Work<E> + 'a) -> Self {
        self.steps.push(Box::new(work));
        self
    }

    /// Preview of each stage, with `forced` and all that follows from it repeated.
    pub fn look(&self, forced: Option<Stage>) -> Result<Vec<Outlook>, E> {
        let mut outlooks: Vec<Outlook> = Vec::new();
        for step in &self.steps {
            let stage = step.stage();
            let before = outlooks
                .iter()
                .find(|other| other.runs && stage.depends_on(other.stage));
            let (runs, why) = if stage.part_in(self.mode) != Part::Runs {
                (false, format!("not part of mode {}", self.mode.name()))
            } else if forced.is_some_and(|forced| is_repeated(stage, forced)) {
                (true, "--force".to_owned())
            } else if let Some(before) = before {
                (true, format!("`{}` runs before it", before.stage))
            } else {
                match self.reason(step.as_ref())? {
                    Some(why) => (true, why),
                    None => (false, "nothing has changed".to_owned()),
                }
            };
            outlooks.push(Outlook { stage, runs, why });
        }
        Ok(outlooks)
    }

    /// Reason for which a stage would run once everything before it is done; `None` where it would be skipped.
    fn reason(&self, step: &dyn Work<E>) -> Result<Option<String>, E> {
        match step.planned()? {
            Planned::Unknown(why) => Ok(Some(why)),
            Planned::Known(planned) => {
                match once::reason(&planned, &self.folder.stage(step.stage())) {
                    Some(why) => Ok(Some(why)),
                    None => step.invalid(),
                }
            }
        }
    }

    /// Clears the results of `first` and of every stage that follows from it, as far as the mode makes them again.
    pub fn clear(&self, first: Stage) -> Result<(), FileError> {
        for stage in self.steps.iter().map(|step| step.stage()) {
            if is_repeated(stage, first) && stage.part_in(self.mode) != Part::Kept {
                once::clear(&self.folder.stage(stage))?;
            }
        }
        Ok(())
    }

    /// Runs every stage whose results are not there already, in order.
    pub fn run(&self, progress: &dyn Progress) -> Result<Vec<Finished>, E> {
        let mut finished = Vec::new();
        for step in &self.steps {
            let folder = self.folder.stage(step.stage());
            let part = match step.stage().part_in(self.mode) {
                Part::Runs if step.is_idle()? => Part::Dropped,
                part => part,
            };
            match part {
                Part::Kept => continue,
                Part::Dropped => {
                    once::clear(&folder)?;
                    continue;
                }
                Part::Runs => finished.push(run_step(step.as_ref(), &folder, progress)?),
            }
            step.complete()?;
        }
        Ok(finished)
    }
}

/// Whether a stage is repeated when `forced` is.
fn is_repeated(stage: Stage, forced: Stage) -> bool {
    stage == forced || stage.depends_on(forced)
}

/// Runs one stage unless its results are there already. `folder` is the stage's.
pub fn run_step<E: PlanError>(
    step: &dyn Work<E>,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Finished, E> {
    let stage = step.stage();
    let planned = match step.planned()? {
        Planned::Known(planned) => *planned,
        Planned::Unknown(why) => return Err(NotReady { stage, why }.into()),
    };
    if Manifest::load(folder).is_some()
        && let Some(why) = step.invalid()?
    {
        progress.info(&format!("{}: {why}", folder.display()));
        once::reopen(folder)?;
    }
    run_once(
        folder,
        planned,
        progress,
        |planned| step.prepare(planned),
        |folder| step.run(folder),
    )
}

#[cfg(test)]
mod tests;

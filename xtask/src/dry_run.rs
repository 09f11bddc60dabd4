//! What the pipeline would do, without doing it.

use std::fmt::Write as _;

use anyhow::Result;
use indicatif::{BinaryBytes, HumanCount};
use persona_run::{
    Outlook, Stage,
    base::{self, Base},
    machine,
};
use serde::Serialize;

use crate::{pipeline, session::Session, stages::sft};

/// What every stage would do.
#[derive(Debug, Serialize)]
pub(crate) struct DryRun {
    stages: Vec<Outlook>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<lora_trainer::Plan>,
}

/// Looks at what lies there, and computes what training would take where the dataset is there already.
pub(crate) fn look(session: &Session, forced: Option<Stage>) -> Result<DryRun> {
    let mut notes = Vec::new();
    let base = find_base(session, &mut notes)?;
    let stages = pipeline::plan(session, base.as_ref()).look(forced)?;
    let mut outlook = DryRun {
        stages,
        notes,
        training: None,
    };
    if outlook.runs(Stage::Sft) {
        outlook.estimate(session, base.as_ref())?;
    }
    Ok(outlook)
}

fn find_base(session: &Session, notes: &mut Vec<String>) -> Result<Option<Base>> {
    let name = &session.config.base;
    if base::local(name).is_none() && base::is_repository(name) {
        notes.push(format!("the base model {name} would be downloaded"));
        return Ok(None);
    }
    session.base().map(Some)
}

impl DryRun {
    fn runs(&self, stage: Stage) -> bool {
        let mut outlooks = self.stages.iter();
        outlooks.any(|outlook| outlook.stage == stage && outlook.runs)
    }

    fn estimate(&mut self, session: &Session, base: Option<&Base>) -> Result<()> {
        let data_changes = self.runs(Stage::Ingest) || self.runs(Stage::Dataset);
        let data = session.run.folder.dataset().filter(|_| !data_changes);
        let (Some(base), Some(_)) = (base, data) else {
            self.notes.push("steps and memory of training are known once the dataset is built: cargo xtask dataset".to_owned());
            return Ok(());
        };
        let inputs = sft::inputs(session, base, session.run.folder.stage(Stage::Sft))?;
        let plan = lora_trainer::plan(&session.config.train, &inputs)?;
        let memory = machine::memory();
        if plan.memory_bytes as u64 > memory.available {
            self.notes.push(format!(
                "training needs about {}, only {} are free: lower `micro_tokens` or `rank` in [train], or set `precision = \"bf16\"`",
                BinaryBytes(plan.memory_bytes as u64),
                BinaryBytes(memory.available)
            ));
        }
        self.training = Some(plan);
        Ok(())
    }

    /// As text for the terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("Nothing is done; this is what would be.\n\n");
        for step in &self.stages {
            let runs = if step.runs { "run" } else { "skip" };
            let _ = writeln!(text, "  {:8} {runs:5} {}", step.stage, step.why);
        }
        if let Some(plan) = &self.training {
            let _ = writeln!(
                text,
                "\nSFT: {} steps of {} examples and {} tokens an epoch; {} of {} parameters trained; about {} of memory",
                HumanCount(plan.steps as u64),
                HumanCount(plan.examples_per_epoch as u64),
                HumanCount(plan.tokens_per_epoch as u64),
                HumanCount(plan.trained_parameters as u64),
                HumanCount((plan.base_parameters + plan.trained_parameters) as u64),
                BinaryBytes(plan.memory_bytes as u64),
            );
        }
        for note in &self.notes {
            let _ = writeln!(text, "\nnote: {note}");
        }
        text
    }
}

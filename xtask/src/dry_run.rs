//! Preview of the pipeline: which stages would run, why, and what training needs.

use std::fmt::Write as _;

use anyhow::Result;
use indicatif::{BinaryBytes, HumanCount};
use persona_run::{
    Outlook, Stage,
    base::{self, Base},
    machine,
};
use serde::Serialize;

use crate::{invocation::Invocation, pipeline, stages::sft};

/// Preview of all stages.
#[derive(Debug, Serialize)]
pub(crate) struct DryRun {
    stages: Vec<Outlook>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<lora_trainer::Plan>,
}

/// Examines the run; where its dataset would not change, plans the training as well.
pub(crate) fn look(invocation: &Invocation, forced: Option<Stage>) -> Result<DryRun> {
    let mut notes = Vec::new();
    let base = find_base(invocation, &mut notes)?;
    let stages = pipeline::plan(invocation, base.as_ref()).look(forced)?;
    let mut outlook = DryRun {
        stages,
        notes,
        training: None,
    };
    if outlook.runs(Stage::Sft) {
        outlook.estimate(invocation, base.as_ref())?;
    }
    Ok(outlook)
}

fn find_base(invocation: &Invocation, notes: &mut Vec<String>) -> Result<Option<Base>> {
    let name = &invocation.config.base;
    if base::local(name).is_none() && base::is_repository(name) {
        notes.push(format!("the base model {name} would be downloaded"));
        return Ok(None);
    }
    invocation.base().map(Some)
}

impl DryRun {
    fn runs(&self, stage: Stage) -> bool {
        let mut outlooks = self.stages.iter();
        outlooks.any(|outlook| outlook.stage == stage && outlook.runs)
    }

    fn estimate(&mut self, invocation: &Invocation, base: Option<&Base>) -> Result<()> {
        let data_changes = self.runs(Stage::Ingest) || self.runs(Stage::Dataset);
        let data = invocation.run.folder.dataset().filter(|_| !data_changes);
        let (Some(base), Some(_)) = (base, data) else {
            self.notes.push("steps and memory of training are known once the dataset is built: cargo xtask dataset".to_owned());
            return Ok(());
        };
        let inputs = sft::inputs(invocation, base, invocation.run.folder.stage(Stage::Sft))?;
        let plan = lora_trainer::plan(&invocation.config.train, &inputs)?;
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

    /// Renders the preview for the terminal.
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

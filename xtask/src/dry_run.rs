//! What the pipeline would do, without doing it.

use std::fmt::Write as _;

use anyhow::Result;
use indicatif::{BinaryBytes, HumanCount};
use persona_core::{Manifest, layout};
use serde::Serialize;

use crate::{
    base::{self, Base},
    config::Mode,
    session::Session,
    stage,
    stages::{dataset, dpo, eval, export, ingest, sft},
    system,
};

/// What every stage would do.
#[derive(Debug, Serialize)]
pub(crate) struct Outlook {
    stages: Vec<Step>,
    notes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<lora_trainer::Plan>,
}

#[derive(Debug, Serialize)]
struct Step {
    stage: &'static str,
    runs: bool,
    why: String,
}

/// Looks at what lies there, and computes what training would take where the dataset is there already.
pub(crate) fn look(session: &Session, force: Option<&str>) -> Result<Outlook> {
    let mut outlook = Outlook {
        stages: Vec::new(),
        notes: Vec::new(),
        training: None,
    };
    let base = find_base(session, &mut outlook)?;
    let mut forced = false;
    let mut before: Option<&'static str> = None;
    for name in layout::STAGES {
        forced |= force == Some(name);
        if left_out(session, name) {
            outlook.step(
                name,
                false,
                format!("not part of mode {}", session.config.mode.name()),
            );
            continue;
        }
        let why = if forced {
            Some("--force".to_owned())
        } else if let Some(before) = before {
            Some(format!("`{before}` runs before it"))
        } else {
            why(session, name, base.as_ref())?
        };
        let runs = why.is_some();
        outlook.step(
            name,
            runs,
            why.unwrap_or_else(|| "nothing has changed".to_owned()),
        );
        if runs && name == "sft" {
            outlook.estimate(session, base.as_ref(), before.is_some())?;
        }
        before = before.or_else(|| runs.then_some(name));
    }
    Ok(outlook)
}

fn find_base(session: &Session, outlook: &mut Outlook) -> Result<Option<Base>> {
    let name = &session.config.base;
    if base::local(name).is_none() && base::is_repository(name) {
        outlook
            .notes
            .push(format!("the base model {name} would be downloaded"));
        return Ok(None);
    }
    base::resolve(session).map(Some)
}

fn left_out(session: &Session, stage: &str) -> bool {
    matches!(
        (session.config.mode, stage),
        (Mode::Sft, "dpo") | (Mode::DpoOnly, "sft")
    )
}

/// Why `stage` would run, when everything before it is done; `None` where it would not.
fn why(session: &Session, stage: &str, base: Option<&Base>) -> Result<Option<String>> {
    let planned = match (stage, base) {
        ("ingest", _) => ingest::plan(session)?,
        ("dataset", _) => {
            let Some(content) = ingest::content(session)? else {
                return Ok(Some("the store is missing or was changed".to_owned()));
            };
            dataset::plan(session, &content)?
        }
        (_, None) => return Ok(Some("the base model is not here yet".to_owned())),
        (_, Some(base)) => plan_with_base(session, stage, base)?,
    };
    Ok(stage::reason(&planned, &session.run.stage(stage)))
}

fn plan_with_base(session: &Session, stage: &str, base: &Base) -> Result<Manifest> {
    let data = dataset::existing(session)?;
    if stage == "sft" {
        return sft::plan(session, base, &data);
    }
    let sft_adapter = sft::adapter(session);
    if stage == "dpo" {
        return dpo::plan(session, base, &data, sft_adapter.as_deref());
    }
    let dpo_adapter = dpo::adapter(session).filter(|_| session.config.mode != Mode::Sft);
    if stage == "export" {
        return export::plan(
            session,
            base,
            dpo_adapter.as_deref().or(sft_adapter.as_deref()),
        );
    }
    let exported = export::existing(session)?;
    let models = eval::Models {
        base,
        sft_adapter,
        dpo_adapter,
        exported: &exported,
    };
    eval::plan(session, &data, &models)
}

impl Outlook {
    fn step(&mut self, stage: &'static str, runs: bool, why: String) {
        self.stages.push(Step { stage, runs, why });
    }

    fn estimate(
        &mut self,
        session: &Session,
        base: Option<&Base>,
        data_changes: bool,
    ) -> Result<()> {
        let data = dataset::existing(session).ok().filter(|_| !data_changes);
        let (Some(base), Some(data)) = (base, data) else {
            self.notes.push("steps and memory of training are known once the dataset is built: cargo xtask dataset".to_owned());
            return Ok(());
        };
        let inputs = sft::inputs(session, base, &data, session.run.stage("sft"));
        let plan = lora_trainer::plan(&session.config.train, &inputs)?;
        let memory = system::memory();
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

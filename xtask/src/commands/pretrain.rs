//! `pretrain`: a base model from scratch.

use std::{fmt::Write as _, path::PathBuf};

use anyhow::Result;
use lora_trainer::pretrain::{self, PretrainInputs};
use persona_run::Overrides;

use crate::{failure::Status, interrupt, invocation::Invocation};

/// Makes a base model from scratch: trains a tokenizer and all weights on text or chat
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The corpus is dataset folders (conversations.jsonl), .jsonl files of conversations, and .txt files. The result is a folder in
Hugging Face layout. After Ctrl-C the same command goes on. Sizes and rates stand in [pretrain] of persona.toml.

Examples:
  cargo xtask pretrain --corpus runs/corpus/dataset --out data/base/mine --steps 2000
  cargo xtask pipeline --base data/base/mine")]
pub(crate) struct Pretrain {
    /// Texts to learn from
    #[arg(long, required = true, value_name = "PATH", num_args = 1..)]
    corpus: Vec<PathBuf>,
    /// Folder that becomes the model
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Optimizer steps
    #[arg(long, value_name = "N")]
    steps: Option<u32>,
    /// End after this many steps instead, cooling down before; may be decided while a run goes on
    #[arg(long, value_name = "N")]
    stop_after: Option<u32>,
    /// Seed of the initial weights and the order
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
}

impl Pretrain {
    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        Overrides::default()
            .set("pretrain.steps", self.steps.map(i64::from))
            .set("pretrain.stop_after", self.stop_after.map(i64::from))
            .set("seed", self.seed.map(|seed| seed as i64))
            .table()
    }

    /// Runs the command: trains a base model.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let inputs = PretrainInputs {
            corpus: self.corpus.clone(),
            out: self.out.clone(),
            form: invocation.config.conversation.clone(),
            seed: invocation.config.seed,
        };
        let report = pretrain::run(&invocation.config.pretrain, &inputs, &invocation.console)?;
        interrupt::check()?;
        let mut text = format!(
            "{} weights, {} steps, {} tokens, {:.1} epochs: {}\n",
            report.parameters,
            report.steps,
            report.tokens,
            report.epochs,
            self.out.display()
        );
        if let Some((before, after)) = report.held_out_loss {
            let _ = writeln!(
                text,
                "loss on held-out text: {before:.3} before, {after:.3} after"
            );
        }
        invocation.print(&report, &text)?;
        Ok(Status::Done)
    }
}

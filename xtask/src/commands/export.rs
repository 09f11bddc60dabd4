//! `export`: merged checkpoints and GGUF files.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Result;
use gguf_export::{Inputs, Quant};
use indicatif::BinaryBytes;
use persona_core::{Progress, layout};
use persona_run::{Overrides, Stage, once};

use crate::{
    failure::{Problem, Status},
    interrupt,
    invocation::Invocation,
    stages::export,
};

/// Merges an adapter into its base and writes GGUF files for llama.cpp, Ollama and LM Studio
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --from-hf, --adapter and --out it exports the adapter of the run into the run's folder.

Examples:
  cargo xtask export --run mine --quant q4_k_m,q8_0
  cargo xtask export --from-hf models/base --adapter my-adapter --out exported --name mara
  ollama create mara -f runs/mine/export/Modelfile")]
pub(crate) struct Export {
    /// Base model: a folder or a repository [default: the base of the configuration]
    #[arg(long, value_name = "DIR|REPO")]
    from_hf: Option<String>,
    /// Adapter in PEFT layout [default: the run's; with --from-hf none]
    #[arg(long, value_name = "DIR")]
    adapter: Option<PathBuf>,
    /// Types of the GGUF files: f32, f16, bf16, `q8_0`, `q4_k_m`; several with commas
    #[arg(long, value_name = "TYPE", value_delimiter = ',', value_parser = quant)]
    quant: Vec<Quant>,
    /// Folder to write to [default: runs/NAME/export]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Name of the files, NAME-TYPE.gguf [default: the run's name, or `persona`]
    #[arg(long, value_name = "NAME", requires = "out")]
    name: Option<String>,
    /// Write everything again though nothing has changed
    #[arg(long)]
    force: bool,
}

fn quant(text: &str) -> Result<Quant, String> {
    text.parse()
}

impl Export {
    /// Returns the flags as a layer of the configuration.
    pub(crate) fn overrides(&self) -> toml::Table {
        let quants: Vec<String> = self.quant.iter().map(ToString::to_string).collect();
        Overrides::default()
            .set("base", self.from_hf.clone())
            .set("export.quants", (!quants.is_empty()).then_some(quants))
            .table()
    }

    /// Runs the command: exports the run, or what the flags name.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let by_hand = self.from_hf.is_some() || self.adapter.is_some() || self.out.is_some();
        let (report, folder) = if by_hand {
            self.by_hand(invocation)?
        } else {
            self.of_run(invocation)?
        };
        let mut text = String::new();
        for file in report["files"].as_array().into_iter().flatten() {
            let name = file["file"].as_str().unwrap_or_default();
            let bytes = BinaryBytes(file["bytes"].as_u64().unwrap_or_default());
            let _ = writeln!(
                text,
                "{:>10}  {}",
                bytes.to_string(),
                folder.join(name).display()
            );
        }
        let _ = writeln!(
            text,
            "{:>10}  {}",
            "",
            folder.join(layout::MERGED).display()
        );
        invocation.print(&report, &text)?;
        Ok(Status::Done)
    }

    fn of_run(&self, invocation: &Invocation) -> Result<(serde_json::Value, PathBuf)> {
        let _lock = invocation.lock()?;
        let base = invocation.base()?;
        let adapter = export::adapter(invocation).ok_or_else(|| {
            Problem::new(
                format!("the run `{}` has no finished adapter", invocation.run.name),
                "train one first: cargo xtask train; or export a base as it is: --from-hf DIR --out DIR",
            )
        })?;
        invocation.record_config()?;
        invocation.warn_of_forgotten(&adapter);
        if self.force {
            once::clear(&invocation.run.folder.stage(Stage::Export))?;
        }
        let base = Some(&base);
        let finished = invocation.run_stage(&export::Export { invocation, base })?;
        Ok((finished.figures, finished.folder))
    }

    fn by_hand(&self, invocation: &Invocation) -> Result<(serde_json::Value, PathBuf)> {
        let Some(out) = &self.out else {
            return Err(Problem::usage(
                "--from-hf and --adapter need a folder to write to",
                "add --out DIR",
            )
            .into());
        };
        let base = invocation.base()?;
        match &self.adapter {
            Some(adapter) => invocation.warn_of_forgotten(adapter),
            None => invocation
                .console
                .info("no --adapter: the base itself is exported"),
        }
        let adapters: Vec<&Path> = self.adapter.iter().map(PathBuf::as_path).collect();
        let inputs = Inputs {
            form: invocation.form_of_models(&adapters, false)?,
            sampling: invocation.config.sampling.clone(),
            base: base.folder,
            adapter: self.adapter.clone(),
            out: out.clone(),
            name: self
                .name
                .clone()
                .unwrap_or_else(|| invocation.run.model_name().to_owned()),
        };
        let report = gguf_export::run(&invocation.config.export, &inputs, &invocation.console)?;
        interrupt::check()?;
        Ok((serde_json::to_value(report)?, out.clone()))
    }
}

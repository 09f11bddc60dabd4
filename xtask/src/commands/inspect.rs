//! `inspect`: the content of a model file.

use std::{fmt::Write as _, path::PathBuf};

use anyhow::Result;
use gguf_export::{Inspection, inspect};
use indicatif::BinaryBytes;

use crate::{failure::Status, invocation::Invocation};

/// Shows what is in a GGUF file, a safetensors file, an adapter or a model folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask inspect runs/default/export/persona-q4_k_m.gguf
  cargo xtask inspect --tensors runs/default/sft/adapter
  cargo xtask inspect --json model.safetensors | jq '.tensors[].name'")]
pub(crate) struct Inspect {
    /// File or folder
    path: PathBuf,
    /// List every tensor
    #[arg(long)]
    tensors: bool,
}

impl Inspect {
    /// Runs the command: prints what the file or folder holds.
    pub(crate) fn run(&self, invocation: &Invocation) -> Result<Status> {
        let found = inspect(&self.path)?;
        invocation.warn_of_forgotten(&self.path);
        invocation.print(&found, &self.text(&found))?;
        Ok(Status::Done)
    }

    fn text(&self, found: &Inspection) -> String {
        let mut text = format!("{}: {:?}", self.path.display(), found.kind).to_lowercase();
        if let Some(version) = found.version {
            let _ = write!(text, ", version {version}");
        }
        if let Some((part, of)) = found.part {
            let _ = write!(text, ", part {part} of {of} of a split model");
        }
        text.push('\n');
        for (key, value) in &found.metadata {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), |text| format!("{text:?}"));
            let _ = writeln!(text, "  {key} = {}", shortened(&value));
        }
        for kind in &found.types {
            let _ = writeln!(
                text,
                "{:>6} tensors of {:6} {:>14} weights {:>12}",
                kind.tensors,
                kind.name,
                kind.elements,
                BinaryBytes(kind.bytes).to_string()
            );
        }
        for tensor in found.tensors.iter().filter(|_| self.tensors) {
            let _ = writeln!(
                text,
                "  {:8} {:?} {}",
                tensor.kind, tensor.shape, tensor.name
            );
        }
        let _ = writeln!(
            text,
            "{} tensors, {} weights, {}",
            found.tensors.len(),
            found.elements,
            BinaryBytes(found.bytes)
        );
        text
    }
}

/// Cuts values that would fill a screen, such as a chat template.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 100;
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

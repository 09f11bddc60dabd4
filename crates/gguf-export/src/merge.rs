//! Merged checkpoint: the base with `scale · B·A` added to every matrix that the adapter has factors for.
//!
//! Tensors are merged one after the other, a few rows at a time, in f32, and rounded once to the base's own type.

mod adapter;
mod arithmetic;
mod safetensors;

use std::{fs, io, path::Path};

use persona_core::{FileError, Progress, Unit, atomic};
use persona_model::{
    config::Qwen2Config,
    tensors::{self, TensorSpec},
    weights::Checkpoint,
};

use crate::{
    config::Inputs,
    error::{Error, Result},
    report::MergedReport,
};
use adapter::Adapter;
pub(crate) use arithmetic::{FloatType, read_floats};
use safetensors::Planned;

/// Files of a model folder that are copied into the merged folder unchanged.
const COPIED: &[&str] = &[
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
];

/// Writes the merged Hugging Face folder to `folder`, replacing a previous one.
pub(crate) fn write_folder(
    inputs: &Inputs,
    model: &Qwen2Config,
    folder: &Path,
    max_shard_bytes: u64,
    progress: &dyn Progress,
) -> Result<MergedReport> {
    let base = Checkpoint::open(&inputs.base)?;
    let expected = tensors::all(model);
    let planned = plan(&base, model, &expected)?;
    let adapter = inputs.adapter.as_deref().map(Adapter::open).transpose()?;
    if let Some(adapter) = &adapter {
        adapter.check_against(&expected)?;
    }
    let total = planned.iter().map(Planned::bytes).sum();
    let task = progress.task("merge", Some(total), Unit::Bytes);
    let mut report = MergedReport {
        parameters: planned.iter().map(Planned::elements).sum(),
        merged_matrices: adapter.as_ref().map_or(0, |adapter| adapter.len() as u64),
        tensors: planned.len() as u64,
        files: Vec::new(),
        bytes: total,
    };
    atomic::replace_folder(folder, |partial| {
        copy_companions(&inputs.base, partial)?;
        report.files =
            safetensors::write(partial, &planned, max_shard_bytes, &mut |tensor, sink| {
                if progress.interrupted() {
                    return Err(Error::Interrupted);
                }
                write_tensor(&base, adapter.as_ref(), tensor, sink)?;
                task.advance(tensor.bytes());
                Ok(())
            })?;
        Ok::<_, Error>(())
    })?;
    Ok(report)
}

/// Plan of the merged checkpoint. Fails where the base is not the model that its configuration describes.
fn plan(base: &Checkpoint, model: &Qwen2Config, expected: &[TensorSpec]) -> Result<Vec<Planned>> {
    for name in base.names() {
        if !expected.iter().any(|tensor| tensor.name == name) && !tensors::is_ignored(name, model) {
            return Err(Error::UnknownTensor {
                path: base.folder().to_owned(),
                name: name.to_owned(),
            });
        }
    }
    expected
        .iter()
        .map(|tensor| {
            let (path, name) = (base.folder().to_owned(), tensor.name.clone());
            if !base.contains(&name) {
                return Err(Error::MissingTensor { path, name });
            }
            let (dtype, found) = base.view(&name, |view| (view.dtype(), view.shape().to_vec()))?;
            if found != tensor.shape {
                return Err(Error::Shape {
                    path,
                    name,
                    found,
                    expected: tensor.shape.clone(),
                });
            }
            let Some(kind) = FloatType::of(dtype) else {
                return Err(Error::DType {
                    path,
                    name,
                    found: format!("{dtype:?}"),
                });
            };
            Ok(Planned {
                name,
                kind,
                shape: found,
            })
        })
        .collect()
}

fn copy_companions(from: &Path, to: &Path) -> Result<()> {
    for name in COPIED {
        let source = from.join(name);
        match fs::read(&source) {
            Ok(bytes) => atomic::write(&to.join(name), bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(FileError::read(&source)(error).into()),
        }
    }
    Ok(())
}

fn write_tensor(
    base: &Checkpoint,
    adapter: Option<&Adapter>,
    tensor: &Planned,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let pair = adapter
        .map(|adapter| adapter.pair(&tensor.name))
        .transpose()?
        .flatten();
    base.view(&tensor.name, |view| match &pair {
        Some(pair) => arithmetic::merge(view.data(), tensor.kind, &tensor.name, pair, sink),
        None => sink(view.data()),
    })?
}

#[cfg(test)]
mod tests;

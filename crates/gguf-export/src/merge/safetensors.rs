//! Splitting the merged tensors over safetensors files, and writing each while it is merged.

use std::{collections::BTreeMap, path::Path};

use persona_model::tensor_file::{self, TensorHeader};
use serde_json::json;

use super::arithmetic::FloatType;
use crate::error::Result;

/// Name, type and shape of a tensor that will be written.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) kind: FloatType,
    pub(super) shape: Vec<usize>,
}

impl Planned {
    pub(super) fn elements(&self) -> u64 {
        self.shape.iter().map(|&size| size as u64).product()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.elements() * self.kind.size() as u64
    }
}

/// Function that computes the bytes of a tensor and passes them to the sink, in pieces.
type Produce<'a> = &'a mut dyn FnMut(&Planned, &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()>;

/// Writes `tensors` into `folder`: one file, or several of at most `max_bytes` with an index. Returns the file names.
pub(super) fn write(
    folder: &Path,
    tensors: &[Planned],
    max_bytes: u64,
    produce: Produce<'_>,
) -> Result<Vec<String>> {
    let shards = split(tensors, max_bytes);
    if let [all] = shards.as_slice() {
        let name = "model.safetensors".to_owned();
        write_file(&folder.join(&name), all, produce)?;
        return Ok(vec![name]);
    }
    let mut names = Vec::new();
    let mut weight_map = BTreeMap::new();
    for (index, shard) in shards.iter().enumerate() {
        let name = format!("model-{:05}-of-{:05}.safetensors", index + 1, shards.len());
        write_file(&folder.join(&name), shard, produce)?;
        weight_map.extend(
            shard
                .iter()
                .map(|tensor| (tensor.name.clone(), name.clone())),
        );
        names.push(name);
    }
    let total: u64 = tensors.iter().map(Planned::bytes).sum();
    let index = json!({ "metadata": { "total_size": total }, "weight_map": weight_map });
    persona_core::atomic::write_json(&folder.join("model.safetensors.index.json"), &index)?;
    Ok(names)
}

/// Groups tensors, sorted by name, into files. Within a file wider types come first, so that everything is aligned.
fn split(tensors: &[Planned], max_bytes: u64) -> Vec<Vec<&Planned>> {
    let mut sorted: Vec<_> = tensors.iter().collect();
    sorted.sort_by(|left, right| left.name.cmp(&right.name));
    let mut shards = vec![Vec::new()];
    let mut used = 0;
    for tensor in sorted {
        if used > 0 && used + tensor.bytes() > max_bytes {
            shards.push(Vec::new());
            used = 0;
        }
        used += tensor.bytes();
        shards
            .last_mut()
            .expect("starts with one and only grows")
            .push(tensor);
    }
    for shard in &mut shards {
        shard.sort_by_key(|tensor| std::cmp::Reverse(tensor.kind.size()));
    }
    shards
}

fn write_file(path: &Path, tensors: &[&Planned], produce: Produce<'_>) -> Result<()> {
    let headers: Vec<TensorHeader> = tensors
        .iter()
        .map(|tensor| TensorHeader {
            name: tensor.name.clone(),
            dtype: tensor.kind.dtype(),
            shape: tensor.shape.clone(),
        })
        .collect();
    let mut next = tensors.iter();
    let metadata = json!({ "format": "pt" });
    tensor_file::stream(path, metadata, &headers, |_, sink| match next.next() {
        Some(tensor) => produce(tensor, sink),
        None => Ok(()),
    })
}

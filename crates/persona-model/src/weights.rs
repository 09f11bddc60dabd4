//! Checkpoints in Hugging Face layout: one safetensors file, or shards with an index. Memory-mapped.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use persona_core::{FileError, json};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::Deserialize;

use crate::error::{Error, Result};

/// Weights of a model folder.
#[derive(Debug)]
pub struct Checkpoint {
    folder: PathBuf,
    files: Vec<MappedFile>,
    /// Name of a tensor → position of its file in `files`.
    file_of_tensor: BTreeMap<String, usize>,
}

#[derive(Debug)]
struct MappedFile {
    path: PathBuf,
    map: Mmap,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Opens the weights in `folder`: `model.safetensors`, or the shards that `model.safetensors.index.json` names.
    pub fn open(folder: &Path) -> Result<Self> {
        let single = folder.join("model.safetensors");
        let index = folder.join("model.safetensors.index.json");
        if index.is_file() {
            return Self::open_files(folder, &shards(folder, &index)?);
        }
        if single.is_file() {
            return Self::open_files(folder, &[single]);
        }
        Err(Error::MissingFile {
            folder: folder.to_owned(),
            file: "model.safetensors".to_owned(),
            purpose: "the weights of a model in Hugging Face layout".to_owned(),
        })
    }

    /// Opens one safetensors file of any name.
    pub fn open_file(path: &Path) -> Result<Self> {
        Self::open_files(path.parent().unwrap_or(Path::new(".")), &[path.to_owned()])
    }

    fn open_files(folder: &Path, paths: &[PathBuf]) -> Result<Self> {
        let mut files = Vec::new();
        let mut file_of_tensor = BTreeMap::new();
        for path in paths {
            let map = map_file(path)?;
            let tensors = parse(path, &map)?;
            for name in tensors.names() {
                file_of_tensor.insert(name.to_owned(), files.len());
            }
            files.push(MappedFile {
                path: path.clone(),
                map,
            });
        }
        Ok(Self {
            folder: folder.to_owned(),
            files,
            file_of_tensor,
        })
    }

    /// Folder that the checkpoint was opened from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Names of all tensors, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.file_of_tensor.keys().map(String::as_str)
    }

    /// Whether there is a tensor called `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.file_of_tensor.contains_key(name)
    }

    /// Calls `read` with the raw view of a tensor: its type, shape and little-endian bytes.
    pub fn view<R>(&self, name: &str, read: impl FnOnce(TensorView<'_>) -> R) -> Result<R> {
        let missing = || Error::MissingTensor {
            path: self.folder.clone(),
            name: name.to_owned(),
        };
        let file = &self.files[*self.file_of_tensor.get(name).ok_or_else(missing)?];
        let tensors = parse(&file.path, &file.map)?;
        let view = tensors.tensor(name).map_err(|_| missing())?;
        Ok(read(view))
    }

    /// Reads the tensor `name`, converted to `dtype`.
    pub fn tensor(&self, name: &str, dtype: DType, device: &Device) -> Result<Tensor> {
        let tensor = self.view(name, |view| {
            let stored = match view.dtype() {
                Dtype::F32 => DType::F32,
                Dtype::F16 => DType::F16,
                Dtype::BF16 => DType::BF16,
                Dtype::F64 => DType::F64,
                Dtype::I64 => DType::I64,
                Dtype::U32 => DType::U32,
                Dtype::U8 => DType::U8,
                other => {
                    let message =
                        format!("has type {other:?}, expected F32, F16, BF16, F64, I64, U32 or U8");
                    return Err(FileError::content(
                        &self.folder,
                        format!("tensor `{name}`"),
                        message,
                    )
                    .into());
                }
            };
            Ok::<_, Error>(Tensor::from_raw_buffer(
                view.data(),
                stored,
                view.shape(),
                &Device::Cpu,
            )?)
        })??;
        Ok(tensor.to_dtype(dtype)?.to_device(device)?)
    }

    /// Reads the tensor `name` as `dtype`; it must have the given shape.
    pub fn shaped(
        &self,
        name: &str,
        shape: &[usize],
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let tensor = self.tensor(name, dtype, device)?;
        if tensor.dims() != shape {
            return Err(Error::Shape {
                name: name.to_owned(),
                found: tensor.dims().to_vec(),
                expected: shape.to_vec(),
            });
        }
        Ok(tensor)
    }
}

fn shards(folder: &Path, index: &Path) -> Result<Vec<PathBuf>> {
    let parsed: Index = json::read(index)?;
    let mut names: Vec<_> = parsed.weight_map.into_values().collect();
    names.sort();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let path = folder.join(&name);
            if path.is_file() {
                return Ok(path);
            }
            Err(Error::MissingFile {
                folder: folder.to_owned(),
                file: name,
                purpose: format!("a shard that `{}` names", index.display()),
            })
        })
        .collect()
}

#[expect(
    unsafe_code,
    reason = "memory-mapping is the only way to read weights larger than memory"
)]
fn map_file(path: &Path) -> Result<Mmap> {
    let file = File::open(path).map_err(FileError::read(path))?;
    // SAFETY: the map is read-only; weights are replaced by renaming, never written in place, so the pages stay as they are.
    Ok(unsafe { Mmap::map(&file) }.map_err(FileError::read(path))?)
}

fn parse<'a>(path: &Path, map: &'a Mmap) -> Result<SafeTensors<'a>> {
    Ok(SafeTensors::deserialize(map).map_err(|error| FileError::content(path, "header", error))?)
}

//! Writing one GGUF file from the merged checkpoint.

use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use persona_core::{FileError, Progress, Unit, atomic::AtomicFile};
use persona_gguf::{ALIGNMENT, Header, TensorInfo, TensorType};
use persona_model::{
    config::Qwen2Config,
    tensors::{self, TensorSpec},
    weights::Checkpoint,
};

use crate::{
    config::{Inputs, Quant},
    error::{Error, Result},
    merge::FloatType,
    quantize::{Stored, convert},
    qwen2::{self, ModelMetadata},
    report::{FileReport, TypeCount},
};

/// A GGUF file under a temporary name until it has passed its self-test. Dropped before that, it is removed.
pub(crate) struct UntestedFile {
    path: PathBuf,
    destination: PathBuf,
    report: FileReport,
}

impl UntestedFile {
    /// Writes the file with weights of type `quant`.
    pub(crate) fn write(
        merged: &Path,
        model: &Qwen2Config,
        source: &ModelMetadata,
        quant: Quant,
        inputs: &Inputs,
        progress: &dyn Progress,
    ) -> Result<Self> {
        let file_name = inputs.file_name(quant);
        let (tensors, header) = plan(model, source, quant);
        let untested = Self {
            path: inputs.out.join(format!("{file_name}.untested")),
            destination: inputs.out.join(&file_name),
            report: report(&header, quant, file_name),
        };
        let checkpoint = Checkpoint::open(merged)?;
        let task = progress.task(
            &untested.report.file,
            Some(untested.report.bytes),
            Unit::Bytes,
        );
        let mut file = AtomicFile::create(&untested.path)?;
        let mut put = |bytes: &[u8]| -> Result<()> {
            file.write_all(bytes)
                .map_err(FileError::write(&untested.path))?;
            task.advance(bytes.len() as u64);
            Ok(())
        };
        put(&header.to_bytes())?;
        for (tensor, info) in tensors.iter().zip(&header.tensors) {
            if progress.interrupted() {
                return Err(Error::Interrupted);
            }
            write_tensor(&checkpoint, tensor, info, &mut put)?;
        }
        file.commit()?;
        Ok(untested)
    }

    /// Current path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Renames the file to its final name.
    pub(crate) fn keep(self) -> Result<FileReport> {
        fs::rename(&self.path, &self.destination).map_err(FileError::write(&self.destination))?;
        Ok(self.report.clone())
    }
}

impl Drop for UntestedFile {
    fn drop(&mut self) {
        // After `keep` there is no such file. Other failures are ignored, as nobody is left to be told.
        let _ = fs::remove_file(&self.path);
    }
}

/// Tensors in file order, and the header that describes them.
fn plan(model: &Qwen2Config, source: &ModelMetadata, quant: Quant) -> (Vec<TensorSpec>, Header) {
    let tensors = qwen2::in_file_order(quant, tensors::all(model));
    let described = tensors.iter().map(|tensor| {
        let innermost_first = tensor.shape.iter().rev().map(|&size| size as u64).collect();
        let kind = qwen2::tensor_type(
            quant,
            tensor,
            model.num_hidden_layers,
            model.tie_word_embeddings,
        );
        (tensor.gguf.clone(), innermost_first, kind)
    });
    let header = Header::new(qwen2::metadata(source, quant), described);
    (tensors, header)
}

fn write_tensor(
    checkpoint: &Checkpoint,
    tensor: &TensorSpec,
    info: &TensorInfo,
    put: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut written = 0;
    let mut counting = |bytes: &[u8]| {
        written += bytes.len() as u64;
        put(bytes)
    };
    checkpoint.view(&tensor.name, |view| {
        let stored = Stored {
            name: &tensor.name,
            bytes: view.data(),
            kind: FloatType::of(view.dtype()).expect("the merged checkpoint holds only floats"),
            columns: *tensor.shape.last().expect("no tensor is a scalar"),
        };
        convert(&stored, info.kind, &mut counting)
    })??;
    let padding = written.next_multiple_of(ALIGNMENT) - written;
    put(&[0; ALIGNMENT as usize][..padding as usize])
}

fn report(header: &Header, quant: Quant, file: String) -> FileReport {
    let mut types: BTreeMap<TensorType, TypeCount> = BTreeMap::new();
    for tensor in &header.tensors {
        let count = types
            .entry(tensor.kind)
            .or_insert_with(|| TypeCount::none(tensor.kind.name()));
        count.add(tensor.elements().unwrap_or(0), tensor.bytes().unwrap_or(0));
    }
    let types: Vec<TypeCount> = types.into_values().collect();
    let (elements, bytes) = types.iter().fold((0, 0), |sum, count| {
        (sum.0 + count.elements, sum.1 + count.bytes)
    });
    let padded: u64 = header
        .tensors
        .iter()
        .filter_map(TensorInfo::bytes)
        .map(|bytes| bytes.next_multiple_of(ALIGNMENT))
        .sum();
    FileReport {
        file,
        quant,
        bytes: header.to_bytes().len() as u64 + padded,
        bits_per_weight: bytes as f64 * 8.0 / elements as f64,
        types,
        self_test: None,
    }
}

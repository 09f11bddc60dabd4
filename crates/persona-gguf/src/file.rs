//! Open GGUF files: the header, and the bytes of tensors.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use persona_core::FileError;

use crate::{
    error::{Error, Result},
    header::{Header, TensorInfo},
    split::Part,
};

/// A whole model in one file, whose tensors can be read in any order.
#[derive(Debug)]
pub struct GgufFile {
    path: PathBuf,
    file: File,
    header: Header,
    /// Byte offset at which the data of the tensors begins.
    data_start: u64,
    /// Name of a tensor → its position in the header.
    positions: BTreeMap<String, usize>,
}

impl GgufFile {
    /// Opens `path` and reads its header. One part of a split model is refused.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(FileError::read(path))?;
        let length = file.metadata().map_err(FileError::read(path))?.len();
        let mut reader = BufReader::with_capacity(1 << 16, &file);
        let (header, data_start) = Header::read(&mut reader, length, path)?;
        if let Some(part) = Part::of(&header, path) {
            return Err(Error::Split {
                path: path.to_owned(),
                part: part.number,
                parts: part.of,
            });
        }
        let positions = header.tensors.iter().enumerate();
        Ok(Self {
            path: path.to_owned(),
            positions: positions
                .map(|(position, tensor)| (tensor.name.clone(), position))
                .collect(),
            file,
            header,
            data_start,
        })
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Header of the file: metadata, and names and positions of the tensors.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Entry of the tensor `name` in the header.
    pub fn info(&self, name: &str) -> Option<&TensorInfo> {
        self.positions
            .get(name)
            .map(|&position| &self.header.tensors[position])
    }

    /// Reads the bytes of the tensor `name`, as its [`TensorInfo`] describes them.
    pub fn read(&mut self, name: &str) -> Result<Vec<u8>> {
        let info = self.info(name).ok_or_else(|| Error::MissingTensor {
            path: self.path.clone(),
            name: name.to_owned(),
        })?;
        let (start, length) = (
            self.data_start + info.offset,
            info.bytes().unwrap_or_default(),
        );
        self.file
            .seek(SeekFrom::Start(start))
            .map_err(FileError::read(&self.path))?;
        // `take` and not `read_exact`: a file that shrinks while it is read must not make us believe its header.
        let mut bytes = Vec::with_capacity(length as usize);
        (&self.file)
            .take(length)
            .read_to_end(&mut bytes)
            .map_err(FileError::read(&self.path))?;
        if bytes.len() as u64 != length {
            return Err(Error::Truncated {
                path: self.path.clone(),
                position: start,
                message: format!(
                    "tensor `{name}` has {} bytes, expected {length}: the file became shorter while it was read",
                    bytes.len()
                ),
            });
        }
        Ok(bytes)
    }
}

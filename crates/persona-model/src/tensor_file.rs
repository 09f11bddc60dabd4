//! Writing safetensors files tensor by tensor, atomically. The same input gives the same bytes.

use std::{borrow::Cow, io::Write, path::Path};

use persona_core::{FileError, atomic::AtomicFile};
use safetensors::Dtype;
use serde_json::{Map, Value, json};

/// Entry of a tensor in the header of a file, without its offsets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorHeader {
    /// Name, unique within the file.
    pub name: String,
    /// Type of the elements.
    pub dtype: Dtype,
    /// Shape, outermost dimension first.
    pub shape: Vec<usize>,
}

impl TensorHeader {
    /// Size of the tensor in bytes.
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.bitsize() / 8
    }
}

/// Writes `tensors` in their order, with `metadata` (an object of strings). `produce` is called for one tensor after
/// the other and passes its little-endian bytes to the sink, in pieces of any size.
pub fn stream<E: From<FileError>>(
    path: &Path,
    metadata: Value,
    tensors: &[TensorHeader],
    mut produce: impl FnMut(&TensorHeader, &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(&header(metadata, tensors))
        .map_err(FileError::write(path))?;
    for tensor in tensors {
        let mut written = 0;
        produce(tensor, &mut |bytes| {
            written += bytes.len();
            Ok(file.write_all(bytes).map_err(FileError::write(path))?)
        })?;
        if written != tensor.bytes() {
            let message = format!("{written} bytes made, expected {}", tensor.bytes());
            return Err(
                FileError::content(path, format!("tensor `{}`", tensor.name), message).into(),
            );
        }
    }
    Ok(file.commit()?)
}

/// Length of the header and the header itself, padded so that the data starts at a multiple of 8 bytes.
fn header(metadata: Value, tensors: &[TensorHeader]) -> Vec<u8> {
    let mut entries = Map::from_iter([("__metadata__".to_owned(), metadata)]);
    let mut end = 0;
    for tensor in tensors {
        let start = end;
        end += tensor.bytes();
        let entry = json!({
            "dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [start, end],
        });
        entries.insert(tensor.name.clone(), entry);
    }
    let mut json = Value::Object(entries).to_string().into_bytes();
    json.resize(json.len().next_multiple_of(8), b' ');
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json);
    bytes
}

/// A tensor in memory, as bytes ready for a file.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor<'a> {
    /// Name, unique within the file.
    pub name: String,
    /// Type of the elements.
    pub dtype: Dtype,
    /// Shape, outermost dimension first.
    pub shape: Vec<usize>,
    /// Little-endian bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// Writes `tensors`, in their order, with `metadata` (an object of strings).
pub fn write(path: &Path, metadata: Value, tensors: &[NamedTensor<'_>]) -> Result<(), FileError> {
    let headers: Vec<TensorHeader> = tensors
        .iter()
        .map(|tensor| TensorHeader {
            name: tensor.name.clone(),
            dtype: tensor.dtype,
            shape: tensor.shape.clone(),
        })
        .collect();
    let mut contents = tensors.iter().map(|tensor| &tensor.bytes);
    stream(path, metadata, &headers, |_, sink| match contents.next() {
        Some(bytes) => sink(bytes),
        None => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::tensor::TensorView;

    use super::*;

    #[test]
    fn bytes_are_those_of_the_formats_own_library() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let (large, small) = (vec![7_u8; 24], vec![1_u8; 4]);
        let tensor = |name: &str, dtype, shape: &[usize], bytes| NamedTensor {
            name: name.to_owned(),
            dtype,
            shape: shape.to_vec(),
            bytes: Cow::Borrowed(bytes),
        };
        // The library puts wide types first, then sorts by name.
        let tensors = [
            tensor("b", Dtype::F32, &[2, 3], large.as_slice()),
            tensor("a", Dtype::F16, &[2], small.as_slice()),
        ];
        write(&path, json!({ "format": "pt" }), &tensors).unwrap();
        let views = tensors.iter().map(|tensor| {
            let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).unwrap();
            (tensor.name.clone(), view)
        });
        let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        let expected = safetensors::serialize(views, Some(metadata)).unwrap();
        assert!(std::fs::read(&path).unwrap() == expected);
    }

    #[test]
    fn a_tensor_of_another_size_than_announced_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        let headers = [TensorHeader {
            name: "a".to_owned(),
            dtype: Dtype::F32,
            shape: vec![2],
        }];
        let error = stream::<FileError>(&path, json!({}), &headers, |_, sink| sink(&[0; 7]));
        let error = error.unwrap_err().to_string();
        assert!(
            error.ends_with("tensor `a`: 7 bytes made, expected 8"),
            "{error}"
        );
        assert!(!path.exists());
    }
}

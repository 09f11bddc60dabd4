//! Weights in safetensors files.

use candle_core::{DType, Device};
use persona_model::Checkpoint;
use safetensors::tensor::{Dtype, TensorView};

use crate::scratch;

/// The tensors of a file lie inside it, and come through writing and reading as they are.
pub fn safetensors(data: &[u8]) -> bool {
    let path = scratch::file("model.safetensors", data);
    let looked_at = gguf_export::inspect(&path);
    let Ok(checkpoint) = Checkpoint::open_file(&path) else {
        return false;
    };
    let tensors = tensors(&checkpoint);
    let bytes: usize = tensors.iter().map(|tensor| tensor.bytes.len()).sum();
    assert!(bytes <= data.len());
    if let Ok(looked_at) = looked_at {
        assert_eq!(looked_at.tensors.len(), tensors.len());
    }
    for tensor in &tensors {
        if let Ok(read) = checkpoint.tensor(&tensor.name, DType::F32, &Device::Cpu) {
            assert_eq!(read.dims(), tensor.shape);
        }
    }
    let views = tensors.iter().map(|tensor| {
        let view = TensorView::new(tensor.kind, tensor.shape.clone(), &tensor.bytes).unwrap();
        (&tensor.name, view)
    });
    let written = ::safetensors::serialize(views, None).unwrap();
    let again = Checkpoint::open_file(&scratch::file("again.safetensors", &written)).unwrap();
    assert_eq!(self::tensors(&again), tensors);
    true
}

#[derive(Debug, PartialEq)]
struct Stored {
    name: String,
    kind: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn tensors(checkpoint: &Checkpoint) -> Vec<Stored> {
    let stored = checkpoint.names().map(|name| {
        let stored = checkpoint.view(name, |view| Stored {
            name: name.to_owned(),
            kind: view.dtype(),
            shape: view.shape().to_vec(),
            bytes: view.data().to_vec(),
        });
        stored.unwrap()
    });
    stored.collect()
}

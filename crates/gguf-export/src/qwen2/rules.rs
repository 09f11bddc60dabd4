//! llama.cpp's rules for the type of each tensor and the order of tensors in a file.

use persona_gguf::TensorType;
use persona_model::tensors::{EMBEDDING, HEAD, TensorSpec};

use crate::config::Quant;

/// Type of `tensor` in a file of type `quant` of a model with `layers` layers.
pub(crate) fn tensor_type(
    quant: Quant,
    tensor: &TensorSpec,
    layers: usize,
    tied: bool,
) -> TensorType {
    let &[_, columns] = tensor.shape.as_slice() else {
        return TensorType::F32;
    };
    match quant {
        Quant::F32 => TensorType::F32,
        Quant::F16 => TensorType::F16,
        Quant::Bf16 => TensorType::BF16,
        Quant::Q8_0 => fitting(TensorType::Q8_0, columns),
        Quant::Q4KM => fitting(k_quant(tensor, layers, tied), columns),
    }
}

fn k_quant(tensor: &TensorSpec, layers: usize, tied: bool) -> TensorType {
    let wants_more = match tensor.layer {
        // An embedding that is also the output matrix gets the output matrix's type.
        None => tensor.gguf == HEAD.gguf || (tied && tensor.gguf == EMBEDDING.gguf),
        Some(layer) => {
            let sensitive = tensor.gguf.ends_with(".attn_v.weight")
                || tensor.gguf.ends_with(".ffn_down.weight");
            sensitive && use_more_bits(layer, layers)
        }
    };
    if wants_more {
        TensorType::Q6_K
    } else {
        TensorType::Q4_K
    }
}

/// Whether the layer gets more bits: the first and the last eighth of the layers, and every third between them.
fn use_more_bits(layer: usize, layers: usize) -> bool {
    let eighth = layers / 8;
    layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2
}

/// Returns `wanted`, or its replacement where rows are not whole blocks of it.
fn fitting(wanted: TensorType, columns: usize) -> TensorType {
    let fits = |kind: TensorType| (columns as u64).is_multiple_of(kind.block_size());
    let substitute = match wanted {
        TensorType::Q4_K => TensorType::Q5_0,
        TensorType::Q6_K => TensorType::Q8_0,
        other => other,
    };
    [wanted, substitute]
        .into_iter()
        .find(|&kind| fits(kind))
        .unwrap_or(TensorType::F16)
}

/// Sorts tensors in the order of the llama.cpp program for this type: the converter sorts by checkpoint name as text,
/// the quantizer by layer number and then name, with tensors outside the layers first.
pub(crate) fn in_file_order(quant: Quant, mut tensors: Vec<TensorSpec>) -> Vec<TensorSpec> {
    if quant.is_quantized() {
        tensors.sort_by(|left, right| (left.layer, &left.gguf).cmp(&(right.layer, &right.gguf)));
    } else {
        tensors.sort_by(|left, right| left.name.cmp(&right.name));
    }
    tensors
}

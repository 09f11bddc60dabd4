//! Model folder that pre-training writes.

use std::{borrow::Cow, path::Path};

use half::bf16;
use persona_core::atomic;
use persona_model::{
    Qwen2Config, Tokenizer,
    tensor_file::{self, NamedTensor},
};
use serde_json::json;

use crate::{error::Error, optimizer::Values};

/// Writes weights (as bf16) and configuration beside the tokenizer, which is in the folder already.
pub(super) fn save_model(
    folder: &Path,
    network: &Qwen2Config,
    tokenizer: &Tokenizer,
    weights: &[Values],
) -> Result<(), Error> {
    let specials = tokenizer.specials();
    let mut tensors: Vec<NamedTensor<'_>> = weights
        .iter()
        .map(|values| NamedTensor {
            name: values.name.clone(),
            dtype: safetensors::Dtype::BF16,
            shape: values.shape.clone(),
            bytes: Cow::Owned(rounded(&values.data)),
        })
        .collect();
    tensors.sort_by(|left, right| left.name.cmp(&right.name));
    tensor_file::write(
        &folder.join("model.safetensors"),
        json!({"format": "pt"}),
        &tensors,
    )?;
    let generation = json!({
        "bos_token_id": specials.end_of_text,
        "do_sample": true,
        "eos_token_id": [specials.im_end, specials.end_of_text],
        "pad_token_id": specials.end_of_text,
        "repetition_penalty": 1.1,
        "temperature": 0.7,
        "top_k": 40,
        "top_p": 0.9,
    });
    atomic::write_json(&folder.join("generation_config.json"), &generation)?;
    // Written last, as the configuration makes the folder a model.
    network.save(folder, "bfloat16", specials.end_of_text, specials.im_end)?;
    Ok(())
}

fn rounded(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|&value| bf16::from_f32(value).to_le_bytes())
        .collect()
}

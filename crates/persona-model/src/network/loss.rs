//! Log-probabilities of target tokens.

use candle_core::{DType, Tensor};

use super::model::Qwen2;
use crate::{batch::Batch, error::Result, ops::cross_entropy::log_probs};

/// Rows whose logits a quantized output matrix computes at a time.
const QUANTIZED_ROWS: usize = 64;

/// `log p(target)` in nats of all targets of `batch`: (targets), f32, differentiable.
///
/// `dropout_seed` switches on the adapter's dropout with masks that depend on nothing else.
pub fn batch_log_probs(model: &Qwen2, batch: &Batch, dropout_seed: Option<u64>) -> Result<Tensor> {
    let hidden = model.forward(&batch.ids, &batch.segments, None, dropout_seed)?; // (tokens, hidden)
    token_log_probs(model, &hidden, &batch.rows, &batch.targets)
}

/// `log p(target)` in nats at the given rows of `hidden` (tokens, hidden): (rows), f32, differentiable.
///
/// Row `i` predicts the token after it; logits exist only for these rows, and only in chunks.
pub fn token_log_probs(
    model: &Qwen2,
    hidden: &Tensor,
    rows: &[u32],
    targets: &[u32],
) -> Result<Tensor> {
    let picked = hidden.index_select(&Tensor::new(rows, hidden.device())?, 0)?; // (rows, hidden)
    if let Some(head) = model.output_matrix() {
        return Ok(log_probs(&picked, head, targets)?);
    }
    let mut parts = Vec::new();
    for start in (0..rows.len()).step_by(QUANTIZED_ROWS) {
        let count = QUANTIZED_ROWS.min(rows.len() - start);
        let logits = model.logits(&picked.narrow(0, start, count)?)?; // (count, vocab)
        let targets = Tensor::new(&targets[start..start + count], hidden.device())?.unsqueeze(1)?;
        let max = logits.max_keepdim(1)?;
        let sum = logits.broadcast_sub(&max)?.exp()?.sum_keepdim(1)?.log()?;
        parts.push((logits.gather(&targets, 1)? - max - sum)?.squeeze(1)?);
    }
    Ok(match parts.as_slice() {
        [] => Tensor::zeros(0, DType::F32, hidden.device())?,
        parts => Tensor::cat(parts, 0)?,
    })
}

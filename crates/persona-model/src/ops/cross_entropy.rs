//! Log-probabilities of target tokens. All logits never exist at once: rows are computed in chunks.

use candle_core::{CpuStorage, CustomOp2, DType, Layout, Result, Shape, Tensor};

use super::{
    exp::exp,
    linear::{outer_sum, times, times_transposed},
    values, with_values,
};

/// Logits held at a time: 4 M floats, 16 MB.
const CHUNK_LOGITS: usize = 1 << 22;

/// `log p(target)` for each row: hidden (rows, hidden), head (vocab, hidden), targets (rows) → (rows), in nats.
///
/// The gradient reaches `hidden`, and `head` where it is a variable. In the backward the logits of a chunk are computed
/// again: `d hidden = g (1_target − p) W`, `d W = Σ g (1_target − p)ᵀ hidden`.
pub(crate) fn log_probs(hidden: &Tensor, head: &Tensor, targets: &[u32]) -> Result<Tensor> {
    if !hidden.device().is_cpu() {
        return composed(hidden, head, targets);
    }
    let op = LogProbs {
        targets: targets.to_vec(),
        head_is_trained: head.track_op(),
    };
    hidden.contiguous()?.apply_op2(&head.contiguous()?, op)
}

pub(super) fn composed(hidden: &Tensor, head: &Tensor, targets: &[u32]) -> Result<Tensor> {
    let logits = hidden
        .matmul(&head.to_dtype(hidden.dtype())?.t()?)?
        .to_dtype(DType::F32)?;
    let max = logits.max_keepdim(1)?.detach();
    let shifted = logits.broadcast_sub(&max)?;
    let targets = Tensor::from_slice(targets, (targets.len(), 1), hidden.device())?;
    (shifted.gather(&targets, 1)? - shifted.exp()?.sum_keepdim(1)?.log()?)?.squeeze(1)
}

struct LogProbs {
    targets: Vec<u32>,
    head_is_trained: bool,
}

/// Sizes of the operands of one call.
#[derive(Clone, Copy)]
struct Sizes {
    hidden: usize,
    vocab: usize,
}

impl Sizes {
    fn rows_per_chunk(self) -> usize {
        (CHUNK_LOGITS / self.vocab).max(1)
    }

    /// Calls `each` with the first row, the hidden states and the logits of every chunk.
    fn for_chunks(
        self,
        hidden: &[f32],
        head: &[f32],
        mut each: impl FnMut(usize, &[f32], &mut [f32]),
    ) {
        let rows = self.rows_per_chunk();
        for (chunk, hidden) in hidden.chunks(rows * self.hidden).enumerate() {
            let count = hidden.len() / self.hidden;
            let mut logits = times_transposed(hidden, head, count, self.hidden, self.vocab);
            each(chunk * rows, hidden, &mut logits);
        }
    }
}

/// Replaces logits by exponentials relative to the largest; returns the largest and the sum.
fn exponentials(row: &mut [f32]) -> (f32, f32) {
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // Eight running sums keep the error of a long sum small and let the loop vectorise.
    let mut sums = [0.0_f32; 8];
    for chunk in row.chunks_mut(8) {
        for (value, sum) in chunk.iter_mut().zip(&mut sums) {
            *value = exp(*value - max);
            *sum += *value;
        }
    }
    (max, sums.iter().sum())
}

impl CustomOp2 for LogProbs {
    fn name(&self) -> &'static str {
        "target-log-probs"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (rows, hidden) = l1.shape().dims2()?;
        let sizes = Sizes {
            hidden,
            vocab: l2.dim(0)?,
        };
        let x = values(s1, l1)?;
        let mut out = vec![0.0; rows];
        let mut fill = |head: &[f32]| {
            sizes.for_chunks(x, head, |first, _, logits| {
                for (index, row) in logits.chunks_mut(sizes.vocab).enumerate() {
                    let target = row[self.targets[first + index] as usize];
                    let (max, sum) = exponentials(row);
                    out[first + index] = target - max - sum.ln();
                }
            });
        };
        match s2 {
            CpuStorage::F32(_) => fill(values(s2, l2)?),
            _ => fill(&widened(s2, l2)?),
        }
        Ok((CpuStorage::F32(out), Shape::from(rows)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        head: &Tensor,
        _out: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let (rows, hidden) = x.dims2()?;
        let sizes = Sizes {
            hidden,
            vocab: head.dim(0)?,
        };
        let mut dx = Vec::with_capacity(rows * hidden);
        let mut dw = vec![
            0.0;
            if self.head_is_trained {
                sizes.vocab * hidden
            } else {
                0
            }
        ];
        with_values(x, |x| {
            with_values(head, |head| {
                with_values(grad, |grad| {
                    sizes.for_chunks(x, head, |first, x, logits| {
                        self.logit_gradients(first, logits, grad, sizes.vocab);
                        let count = x.len() / hidden;
                        dx.extend(times(logits, head, count, sizes.vocab, hidden));
                        if self.head_is_trained {
                            let part = outer_sum(logits, x, count, sizes.vocab, hidden);
                            dw.iter_mut()
                                .zip(part)
                                .for_each(|(into, value)| *into += value);
                        }
                    });
                })
            })
        })???;
        let dx = Tensor::from_vec(dx, (rows, hidden), x.device())?;
        let dw = self
            .head_is_trained
            .then(|| Tensor::from_vec(dw, (sizes.vocab, hidden), x.device()))
            .transpose()?;
        Ok((Some(dx), dw))
    }
}

impl LogProbs {
    /// Replaces logits by the gradient of the log-probability with respect to them, times the incoming gradient.
    fn logit_gradients(&self, first: usize, logits: &mut [f32], grad: &[f32], vocab: usize) {
        for (index, row) in logits.chunks_mut(vocab).enumerate() {
            let (_, sum) = exponentials(row);
            let scale = -grad[first + index] / sum;
            for value in row.iter_mut() {
                *value *= scale;
            }
            row[self.targets[first + index] as usize] += grad[first + index];
        }
    }
}

fn widened(storage: &CpuStorage, layout: &Layout) -> Result<Vec<f32>> {
    let Some((start, end)) = layout.contiguous_offsets() else {
        candle_core::bail!(
            "expected a contiguous output matrix, found strides {:?}",
            layout.stride()
        )
    };
    Ok(match storage {
        CpuStorage::BF16(all) => all[start..end].iter().map(|value| value.to_f32()).collect(),
        CpuStorage::F16(all) => all[start..end].iter().map(|value| value.to_f32()).collect(),
        _ => candle_core::bail!("expected an output matrix of type f32, f16 or bf16"),
    })
}

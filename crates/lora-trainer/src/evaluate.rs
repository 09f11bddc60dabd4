//! Loss on held-out data.

use candle_core::{DType, Tensor};
use persona_core::{Progress, Unit};
use persona_model::{Qwen2, loss::token_log_probs};
use serde_json::json;

use crate::{
    batch::MicroBatch,
    engine::{Engine, MicroLoss},
    error::Error,
    train::Figures,
};

/// The sum of the negative log-likelihoods of a micro-batch's targets, in nats.
pub fn negative_log_likelihood(
    model: &Qwen2,
    batch: &MicroBatch,
    dropout_seed: Option<u64>,
) -> Result<Tensor, Error> {
    let hidden = model.forward(&batch.ids, &batch.segments, None, dropout_seed)?; // (tokens, hidden)
    let log_probs = token_log_probs(model, &hidden, &batch.rows, &batch.targets)?; // (rows)
    Ok(log_probs.sum_all()?.neg()?)
}

/// A micro-batch's share in the mean loss over the `weight` targets of its window.
pub fn mean_share(loss: &Tensor, weight: usize) -> Result<MicroLoss, Error> {
    Ok(MicroLoss {
        loss: (loss / weight as f64)?,
        figures: Vec::new(),
    })
}

/// Mean loss per target token and its exponential over `batches`; `None` where there is nothing to predict.
pub fn held_out(
    engine: &Engine,
    batches: &[MicroBatch],
    progress: &dyn Progress,
) -> Result<Option<Figures>, Error> {
    let targets: usize = batches.iter().map(|batch| batch.targets.len()).sum();
    if targets == 0 {
        return Ok(None);
    }
    let task = progress.task("validation", Some(targets as u64), Unit::Things("tokens"));
    let mut sum = 0.0;
    let work = |index: usize| {
        if progress.interrupted() {
            return Err(Error::Interrupted {
                step: 0,
                folder: std::path::PathBuf::new(),
            });
        }
        let loss = negative_log_likelihood(engine.model(), &batches[index], None)?;
        Ok(f64::from(loss.to_dtype(DType::F32)?.to_scalar::<f32>()?))
    };
    engine
        .workers()
        .ordered(batches.len(), work, |index, loss| {
            sum += loss;
            task.advance(batches[index].targets.len() as u64);
            Ok(())
        })?;
    let mean = sum / targets as f64;
    Ok(Some(Figures::from_iter([
        ("validation_loss".to_owned(), json!(mean)),
        ("validation_perplexity".to_owned(), json!(mean.exp())),
        ("validation_tokens".to_owned(), json!(targets)),
    ])))
}

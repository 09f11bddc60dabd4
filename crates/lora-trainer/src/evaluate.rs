//! Loss on held-out data.

use persona_core::{Progress, Unit};
use persona_model::Batch;
use serde_json::json;

use crate::{error::Error, executor::Executor, loss::negative_log_likelihood, metrics::Figures};

/// Mean loss per target token and its exponential over `batches`; `None` where there is nothing to predict.
pub fn held_out(
    executor: &dyn Executor,
    batches: &[Batch],
    progress: &dyn Progress,
) -> Result<Option<Figures>, Error> {
    let targets: usize = batches.iter().map(|batch| batch.targets.len()).sum();
    if targets == 0 {
        return Ok(None);
    }
    let task = progress.task("validation", Some(targets as u64), Unit::Things("tokens"));
    let mut sum = 0.0;
    executor.log_probs(batches, progress, &mut |_, log_probs| {
        sum += negative_log_likelihood(&log_probs);
        task.advance(log_probs.len() as u64);
    })?;
    let mean = sum / targets as f64;
    Ok(Some(Figures::from_iter([
        ("validation_loss".to_owned(), json!(mean)),
        ("validation_perplexity".to_owned(), json!(mean.exp())),
        ("validation_tokens".to_owned(), json!(targets)),
    ])))
}

//! Sentence embeddings of replies, for the style score.

use persona_core::{Progress, Unit};
use persona_model::{Qwen2, Segments, Tokenizer};

use crate::{config::Inputs, error::Error, models, profile::Profile};

/// Fills in the embeddings of all profiles and returns the embedder's name.
///
/// Without a sentence embedding model these are mean hidden states of the base, which say less about style;
/// the report names which it was.
pub(crate) fn embed(
    inputs: &Inputs,
    texts: &[&str],
    profiles: &mut [&mut Profile],
    progress: &dyn Progress,
) -> Result<String, Error> {
    let stage = "embedder";
    let task = progress.task(
        "embedding replies",
        Some(texts.len() as u64),
        Unit::Things("replies"),
    );
    let tokenizer = Tokenizer::load(&inputs.base).map_err(Error::model(stage))?;
    let model = models::adapted(inputs, None, stage)?;
    let vectors = texts
        .iter()
        .map(|text| mean_pooled(&model, &tokenizer, text))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::model(stage))?;
    let name = "mean hidden states of the base model".to_owned();
    for (profile, vector) in profiles.iter_mut().zip(vectors) {
        profile.embedding = vector;
    }
    task.advance(texts.len() as u64);
    Ok(name)
}

/// Mean hidden state over the tokens of a text. An empty text is its end alone.
fn mean_pooled(
    model: &Qwen2,
    tokenizer: &Tokenizer,
    text: &str,
) -> Result<Vec<f32>, persona_model::Error> {
    let mut ids = tokenizer.encode(text);
    ids.push(tokenizer.specials().im_end);
    let hidden = model.forward(&ids, &Segments::next(0, ids.len()), None, None)?; // (tokens, hidden)
    Ok(hidden.mean(0)?.to_vec1()?)
}

//! Sentence embeddings of replies, for the style score.

use persona_core::{Progress, Unit};
use persona_model::{
    Qwen2, Segments, Tokenizer,
    embed::{Embedder, SentenceEmbedder},
};

use crate::{config::Inputs, error::Error, models, profile::Profile};

const STAGE: &str = "embedder";
/// Number of texts between two checks whether the user wants to stop.
const BATCH: usize = 64;

/// Sets the embeddings of all profiles and returns the embedder's name.
pub(crate) fn embed(
    inputs: &Inputs,
    texts: &[&str],
    profiles: &mut [&mut Profile],
    progress: &dyn Progress,
) -> Result<String, Error> {
    let embedder = embedder(inputs)?;
    let total = Some(texts.len() as u64);
    let task = progress.task("embedding replies", total, Unit::Things("replies"));
    for (texts, profiles) in texts.chunks(BATCH).zip(profiles.chunks_mut(BATCH)) {
        if progress.interrupted() {
            return Err(Error::Interrupted);
        }
        let vectors = embedder.embed(texts).map_err(Error::model(STAGE))?;
        for (profile, vector) in profiles.iter_mut().zip(vectors) {
            profile.embedding = vector;
        }
        task.advance(texts.len() as u64);
    }
    Ok(embedder.name().to_owned())
}

fn embedder(inputs: &Inputs) -> Result<Box<dyn Embedder>, Error> {
    Ok(match &inputs.embedder {
        Some(folder) => Box::new(SentenceEmbedder::load(folder).map_err(Error::model(STAGE))?),
        None => Box::new(HiddenStates {
            tokenizer: Tokenizer::load(&inputs.base).map_err(Error::model(STAGE))?,
            model: models::adapted(inputs, None, STAGE)?,
        }),
    })
}

/// Mean hidden states of the base: used where no embedder is configured.
struct HiddenStates {
    tokenizer: Tokenizer,
    model: Qwen2,
}

impl Embedder for HiddenStates {
    fn name(&self) -> &'static str {
        "mean hidden states of the base model"
    }

    fn embed(&self, texts: &[&str]) -> persona_model::Result<Vec<Vec<f32>>> {
        texts.iter().map(|text| self.mean(text)).collect()
    }
}

impl HiddenStates {
    /// Mean hidden state of a text's tokens. The end of the message is one of them, so that an empty text has a vector.
    fn mean(&self, text: &str) -> persona_model::Result<Vec<f32>> {
        let mut ids = self.tokenizer.encode(text);
        ids.push(self.tokenizer.specials().im_end);
        ids.truncate(self.model.config().max_position_embeddings);
        let hidden = self
            .model
            .forward(&ids, &Segments::next(0, ids.len()), None, None)?; // (tokens, hidden)
        let mean = hidden.mean(0)?.to_vec1::<f32>()?;
        let length = mean
            .iter()
            .map(|value| value * value)
            .sum::<f32>()
            .sqrt()
            .max(1e-12);
        Ok(mean.into_iter().map(|value| value / length).collect())
    }
}

//! Scores of the real replies and the held-out pairs under each model, one model after the other.

use std::path::Path;

use persona_core::{ChatMessage, PreferencePair, Progress};
use persona_model::{Adapter, GgufFile, LoadOptions, Qwen2, Tokenizer};

use crate::{
    config::{Config, Inputs},
    data::{Data, Target},
    error::Error,
    likelihood::{self, Example, Scored, bits_per_character, perplexity},
    report::{PerModel, PreferenceAccuracy},
};

/// Scores of the same real replies under every model.
pub(crate) struct Measured {
    pub(crate) base: Vec<Scored>,
    pub(crate) quantized: Vec<Scored>,
    pub(crate) perplexity: PerModel,
    pub(crate) bits_per_character: PerModel,
    pub(crate) preference_accuracy: PreferenceAccuracy,
}

/// Both sides of the held-out pairs, encoded.
struct EncodedPairs {
    chosen: Vec<Example>,
    rejected: Vec<Example>,
}

/// Scores of both sides of the held-out pairs under one model.
struct ScoredPairs {
    chosen: Vec<Scored>,
    rejected: Vec<Scored>,
}

/// Scores `targets` and the pairs of `data` under all models that exist.
pub(crate) fn measure(
    config: &Config,
    inputs: &Inputs,
    data: &Data,
    targets: &[Target],
    progress: &dyn Progress,
) -> Result<Measured, Error> {
    let tokenizer = Tokenizer::load(&inputs.base).map_err(Error::model("base"))?;
    let examples = encode(&tokenizer, targets, config)?;
    let pairs = EncodedPairs::encode(&tokenizer, &data.pairs, config)?;
    let replies =
        |model: &Qwen2, model_name| likelihood::score(model, model_name, &examples, progress);

    let base_model = adapted(inputs, None, "base")?;
    let base = replies(&base_model, "base")?;
    let base_pairs = pairs.score(&base_model, "base", progress)?;
    drop(base_model);

    let sft = inputs.sft_adapter.as_deref();
    let sft = score_adapter(inputs, sft, "sft", &examples, &pairs, progress)?;
    let dpo = inputs.dpo_adapter.as_deref();
    let dpo = score_adapter(inputs, dpo, "dpo", &examples, &pairs, progress)?;

    let merged = replies(&load(&inputs.merged, "merged")?, "merged")?;
    let quantized = quantized(inputs, &tokenizer, targets, &examples, config, progress)?;

    let all = |figure: &dyn Fn(&[Scored]) -> Option<f64>| PerModel {
        base: figure(&base),
        sft: sft.as_ref().and_then(|(replies, _)| figure(replies)),
        dpo: dpo.as_ref().and_then(|(replies, _)| figure(replies)),
        merged: figure(&merged),
        quantized: figure(&quantized),
    };
    let reference = sft.as_ref().map_or(&base_pairs, |(_, pairs)| pairs);
    Ok(Measured {
        perplexity: all(&perplexity),
        bits_per_character: all(&|scored| bits_per_character(scored)),
        preference_accuracy: PreferenceAccuracy {
            base: base_pairs.accuracy(),
            sft: sft.as_ref().and_then(|(_, pairs)| pairs.accuracy()),
            dpo: dpo.as_ref().and_then(|(_, pairs)| pairs.accuracy()),
            dpo_reward: dpo
                .as_ref()
                .and_then(|(_, pairs)| pairs.reward_accuracy(reference)),
            pairs: pairs.chosen.len(),
        },
        base,
        quantized,
    })
}

/// Encodes the real replies to `targets`.
pub(crate) fn encode(
    tokenizer: &Tokenizer,
    targets: &[Target],
    config: &Config,
) -> Result<Vec<Example>, Error> {
    targets
        .iter()
        .map(|target| Example::new(tokenizer, &target.example(), config.sequence))
        .collect::<Result<_, _>>()
        .map_err(Error::model("base"))
}

/// Loads the base, with an adapter if one is given.
pub(crate) fn adapted(
    inputs: &Inputs,
    adapter: Option<&Path>,
    model_name: &'static str,
) -> Result<Qwen2, Error> {
    let mut model = load(&inputs.base, model_name)?;
    if let Some(folder) = adapter {
        let adapter = Adapter::load(folder).map_err(Error::model(model_name))?;
        model
            .load_adapter(&adapter, false)
            .map_err(Error::model(model_name))?;
    }
    Ok(model)
}

fn load(folder: &Path, model_name: &'static str) -> Result<Qwen2, Error> {
    Qwen2::load(folder, &LoadOptions::cpu()).map_err(Error::model(model_name))
}

fn score_adapter(
    inputs: &Inputs,
    adapter: Option<&Path>,
    model_name: &'static str,
    examples: &[Example],
    pairs: &EncodedPairs,
    progress: &dyn Progress,
) -> Result<Option<(Vec<Scored>, ScoredPairs)>, Error> {
    if adapter.is_none() {
        return Ok(None);
    }
    let model = adapted(inputs, adapter, model_name)?;
    let replies = likelihood::score(&model, model_name, examples, progress)?;
    Ok(Some((replies, pairs.score(&model, model_name, progress)?)))
}

/// Scores the replies under the quantized file. Its own tokenizer must agree with the base's.
fn quantized(
    inputs: &Inputs,
    tokenizer: &Tokenizer,
    targets: &[Target],
    examples: &[Example],
    config: &Config,
    progress: &dyn Progress,
) -> Result<Vec<Scored>, Error> {
    let path = &inputs.quantized;
    let file = GgufFile::open(path).map_err(Error::model("quantized"))?;
    let own = Tokenizer::from_gguf(file.header()).map_err(Error::model("quantized"))?;
    let found = encode(&own, targets, config)?;
    if let Some((found, expected)) = found.iter().zip(examples).find(|(a, b)| a != b) {
        return Err(Error::Tokenizer {
            path: path.clone(),
            found: found.ids.len(),
            expected: expected.ids.len(),
        });
    }
    debug_assert_eq!(own.specials(), tokenizer.specials());
    let model = Qwen2::load_gguf(path).map_err(Error::model("quantized"))?;
    likelihood::score(&model, "quantized", examples, progress)
}

impl EncodedPairs {
    fn encode(
        tokenizer: &Tokenizer,
        pairs: &[PreferencePair],
        config: &Config,
    ) -> Result<Self, Error> {
        let side = |pair: &PreferencePair, reply: &[ChatMessage]| {
            let messages = [pair.prompt.as_slice(), reply].concat();
            Example::new(tokenizer, &messages, config.sequence)
        };
        let encode = |reply: &dyn Fn(&PreferencePair) -> &[ChatMessage]| {
            let examples = pairs.iter().map(|pair| side(pair, reply(pair)));
            examples
                .collect::<Result<Vec<_>, _>>()
                .map_err(Error::model("base"))
        };
        Ok(Self {
            chosen: encode(&|pair| &pair.chosen)?,
            rejected: encode(&|pair| &pair.rejected)?,
        })
    }

    fn score(
        &self,
        model: &Qwen2,
        model_name: &'static str,
        progress: &dyn Progress,
    ) -> Result<ScoredPairs, Error> {
        Ok(ScoredPairs {
            chosen: likelihood::score(model, model_name, &self.chosen, progress)?,
            rejected: likelihood::score(model, model_name, &self.rejected, progress)?,
        })
    }
}

impl ScoredPairs {
    /// Share of pairs whose chosen side has the higher log-probability per token.
    fn accuracy(&self) -> Option<f64> {
        let sides = self.chosen.iter().zip(&self.rejected);
        share(sides.map(|(chosen, rejected)| chosen.per_token() > rejected.per_token()))
    }

    /// Share of pairs whose chosen side gained more log-probability over the reference than the rejected one.
    fn reward_accuracy(&self, reference: &Self) -> Option<f64> {
        let gains = |own: &[Scored], reference: &[Scored]| -> Vec<f64> {
            let both = own.iter().zip(reference);
            both.map(|(own, reference)| own.sum() - reference.sum())
                .collect()
        };
        let chosen = gains(&self.chosen, &reference.chosen);
        let rejected = gains(&self.rejected, &reference.rejected);
        share(
            chosen
                .into_iter()
                .zip(rejected)
                .map(|(chosen, rejected)| chosen > rejected),
        )
    }
}

fn share(hits: impl ExactSizeIterator<Item = bool>) -> Option<f64> {
    let all = hits.len();
    (all > 0).then(|| hits.filter(|hit| *hit).count() as f64 / all as f64)
}

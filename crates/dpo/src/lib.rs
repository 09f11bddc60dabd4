//! Preference losses and the DPO recipe, on the training engine of `lora-trainer`.
//!
//! The reference is the policy that training starts from: the SFT adapter, or the base where there is none.

pub mod config;
pub mod error;
pub mod kto;
mod logistic;
pub mod loss;
pub mod orpo;
pub mod pairs;
pub mod policy;
pub mod recipe;
pub mod reference;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use lora_trainer::{
    adapter::{self, Start},
    checkpoint,
    config::as_json,
    executor::Executor,
    executors, optimisation,
    train::{Trained, train},
};
use persona_core::{ConversationForm, Progress, hash::hash_path, layout};
use persona_model::Tokenizer;
use serde::Serialize;

pub use crate::{config::Config, error::Error};
use crate::{
    pairs::EncodedPairs,
    policy::{log_probs_of, preference_accuracy},
    recipe::Dpo,
    reference::{Key, Reference},
};

/// Inputs of preference training.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Base, a folder in Hugging Face layout.
    pub base: PathBuf,
    /// Adapter of SFT, which is trained further; `None` trains a fresh one on the base.
    pub sft_adapter: Option<PathBuf>,
    /// Folder of the dataset.
    pub dataset: PathBuf,
    /// Folder of the stage.
    pub out: PathBuf,
    /// The form that the dataset's prompts were made in. The adapter keeps it.
    pub form: ConversationForm,
    /// Seed of all random decisions.
    pub seed: u64,
}

/// Share of held-out pairs whose chosen answer has the higher log-probability per token, under two models.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PreferenceAccuracy {
    /// Share under the model before preference training.
    pub sft: f64,
    /// Share under the model after preference training.
    pub dpo: f64,
}

/// Report of preference training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Number of training pairs.
    pub pairs: usize,
    /// Number of pairs in the validation and test splits.
    pub held_out_pairs: usize,
    /// Number of pairs left out because an answer does not fit `max_tokens`.
    pub too_long: usize,
    /// Number of optimizer steps.
    pub steps: usize,
    /// Number of tokens computed.
    pub tokens: u64,
    /// Tokens per second since the run was started or resumed last; `None` if it had no step left to do. Not written to
    /// the record, as times do not repeat.
    #[serde(skip)]
    pub tokens_per_second: Option<f64>,
    /// Whether the reference's log-probabilities were on disk already. Not written to the record, as it does not
    /// repeat.
    #[serde(skip)]
    pub reference_from_disk: bool,
    /// Loss in the first and in the last record.
    pub training_loss: Option<(f64, f64)>,
    /// Share of pairs whose chosen answer has the higher reward, in the first and in the last record.
    pub training_accuracy: Option<(f64, f64)>,
    /// Share of held-out pairs whose chosen answer has the strictly higher reward: it gained more over the reference.
    pub held_out_reward_accuracy: Option<f64>,
    /// Mean reward margin on held-out pairs.
    pub held_out_margin: Option<f64>,
    /// Share of held-out pairs whose chosen answer has the higher log-probability per token, before and after training.
    pub preference_accuracy: Option<PreferenceAccuracy>,
}

/// Trains the adapter on the dataset's preference pairs and writes it to `out/adapter`.
///
/// A stopped run continues when it is called again with the same arguments.
pub fn run(config: &Config, inputs: &Inputs, progress: &dyn Progress) -> Result<Report, Error> {
    config.check()?;
    let tokenizer = Tokenizer::load(&inputs.base)?;
    let path = inputs.dataset.join(layout::dataset::PAIRS);
    let pairs = EncodedPairs::load(&path, &tokenizer, config.max_tokens)?;
    if pairs.train.is_empty() {
        return Err(Error::NothingToLearn { path, pairs: 0 });
    }
    let start = Start {
        base: &inputs.base,
        adapter: inputs.sft_adapter.as_deref(),
    };
    let mut executor = executors::of_adapter(
        start,
        config.precision,
        &config.lora(),
        config.optimizer,
        inputs.seed,
    )?;
    let origin = origin(config, inputs, start, &path)?;
    let (reference, from_disk) =
        reference(config, inputs, &pairs, executor.as_ref(), &origin, progress)?;
    let recipe = Dpo::new(config, inputs.seed, &pairs, &reference);
    let mut identity = origin;
    identity.insert("config".to_owned(), as_json(config));
    let settings = optimisation!(config).settings("dpo", recipe.steps());
    let trained = train(
        executor.as_mut(),
        &recipe,
        &settings,
        &inputs.out,
        identity,
        progress,
    )?;
    adapter::save(executor.as_ref(), &inputs.base, &inputs.form, &inputs.out)?;
    checkpoint::remove(&inputs.out)?;
    Ok(report(&recipe, &trained, from_disk))
}

/// Key of the reference's log-probabilities: everything that they depend on.
fn origin(config: &Config, inputs: &Inputs, start: Start<'_>, pairs: &Path) -> Result<Key, Error> {
    Ok(BTreeMap::from([
        ("stage".to_owned(), "dpo".to_owned()),
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("base".to_owned(), hash_path(start.base)?),
        ("adapter".to_owned(), start.adapter_hash()?),
        ("pairs".to_owned(), hash_path(pairs)?),
        ("seed".to_owned(), inputs.seed.to_string()),
        ("precision".to_owned(), as_json(&config.precision)),
        ("max_tokens".to_owned(), config.max_tokens.to_string()),
        ("micro_tokens".to_owned(), config.micro_tokens.to_string()),
    ]))
}

fn reference(
    config: &Config,
    inputs: &Inputs,
    pairs: &EncodedPairs,
    executor: &dyn Executor,
    key: &Key,
    progress: &dyn Progress,
) -> Result<(Reference, bool), Error> {
    let log_probs = |pairs| {
        log_probs_of(executor, pairs, config.micro_tokens, "reference", progress)
            .map_err(lora_trainer::Error::at(0, &inputs.out))
    };
    let counts = (pairs.train.len(), pairs.held_out.len());
    Reference::load_or(&inputs.out, key, counts, || {
        Ok(Reference {
            train: log_probs(&pairs.train)?,
            held_out: log_probs(&pairs.held_out)?,
        })
    })
}

fn report(recipe: &Dpo<'_>, trained: &Trained, reference_from_disk: bool) -> Report {
    let last = |key| trained.metrics.first_and_last(key).map(|(_, last)| last);
    let before = preference_accuracy(&recipe.pairs.held_out, &recipe.reference.held_out);
    let after = last("eval_preference_accuracy");
    Report {
        pairs: recipe.pairs.train.len(),
        held_out_pairs: recipe.pairs.held_out.len(),
        too_long: recipe.pairs.too_long,
        steps: recipe.steps(),
        tokens: trained.tokens,
        tokens_per_second: trained.tokens_per_second,
        reference_from_disk,
        training_loss: trained.metrics.first_and_last("loss"),
        training_accuracy: trained.metrics.first_and_last("rewards/accuracies"),
        held_out_reward_accuracy: last("eval_rewards/accuracies"),
        held_out_margin: last("eval_rewards/margins"),
        preference_accuracy: before
            .zip(after)
            .map(|(sft, dpo)| PreferenceAccuracy { sft, dpo }),
    }
}

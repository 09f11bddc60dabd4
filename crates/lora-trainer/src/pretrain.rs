//! Recipe of pre-training: a base from scratch, all weights trained.

mod config;
mod corpus;
mod output;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use persona_core::{
    ConversationForm, Progress, Split, hash::hash_path, layout, random::derive_seed,
};
use persona_model::{Batch, Tokenizer, tokenizer::train_bpe};
use serde::Serialize;

pub use self::config::PretrainConfig;
use self::corpus::{Corpus, Cutting, Epoch, Texts};
use crate::{
    batch::{Example, pack_examples},
    checkpoint::{self, Identity},
    epoch::PerEpoch,
    error::Error,
    evaluate::held_out,
    executor::Executor,
    executors,
    loss::{Loss, mean_negative_log_likelihood},
    metrics::Figures,
    optimisation,
    train::{LoopSettings, Recipe, TrainingWindow, train},
};

/// Inputs of pre-training.
#[derive(Clone, Debug)]
pub struct PretrainInputs {
    /// Dataset folders (their `conversations.jsonl`), `.jsonl` files of conversations, and `.txt` files.
    pub corpus: Vec<PathBuf>,
    /// Folder that becomes the model folder.
    pub out: PathBuf,
    /// The form in which conversations are shown.
    pub form: ConversationForm,
    /// Seed of all random decisions.
    pub seed: u64,
}

/// Report of pre-training.
#[derive(Clone, Debug, Serialize)]
pub struct PretrainReport {
    /// Number of weights in the model.
    pub parameters: usize,
    /// Number of optimizer steps.
    pub steps: usize,
    /// Number of passes over the corpus.
    pub epochs: f64,
    /// Number of tokens computed.
    pub tokens: u64,
    /// Tokens per second since the run was started or resumed last; `None` if it had no step left to do. Not written to
    /// the record, as times do not repeat.
    #[serde(skip)]
    pub tokens_per_second: Option<f64>,
    /// Loss per token on held-out text, before and after training; `None` where there is no such text.
    pub held_out_loss: Option<(f64, f64)>,
}

/// Trains a tokenizer and a network on the corpus, and writes a model folder in Hugging Face layout.
///
/// A stopped run continues when it is called again with the same arguments.
pub fn run(
    config: &PretrainConfig,
    inputs: &PretrainInputs,
    progress: &dyn Progress,
) -> Result<PretrainReport, Error> {
    config.check()?;
    inputs.form.check()?;
    let texts = Texts::read(&inputs.corpus)?;
    let tokenizer = tokenizer(config, inputs, &texts, progress)?;
    let recipe = Pretraining::new(config, inputs, &texts, &tokenizer)?;
    drop(texts);

    let network = config.network();
    let init_seed = derive_seed(inputs.seed, "initial weights");
    let mut executor = executors::of_network(network.clone(), config.optimizer, init_seed)?;
    progress.info(&format!(
        "{} weights, {} tokens in the corpus, {} steps an epoch",
        network.parameters(),
        recipe.tokens_per_epoch,
        recipe.steps_per_epoch
    ));
    let trained = train(
        executor.as_mut(),
        &recipe,
        &settings(config),
        &inputs.out,
        identity(config, inputs)?,
        progress,
    )?;
    output::save_model(&inputs.out, &network, &tokenizer, &executor.values()?)?;
    checkpoint::remove(&inputs.out)?;
    Ok(PretrainReport {
        parameters: network.parameters(),
        steps: settings(config).steps,
        epochs: settings(config).steps as f64 / recipe.steps_per_epoch as f64,
        tokens: trained.tokens,
        tokens_per_second: trained.tokens_per_second,
        held_out_loss: trained.metrics.first_and_last("validation_loss"),
    })
}

fn settings(config: &PretrainConfig) -> LoopSettings {
    let optimisation = optimisation!(config);
    let schedule = optimisation
        .schedule(config.steps)
        .with_floor(config.final_rate);
    let stop = config.stop_after.filter(|stop| *stop < config.steps);
    LoopSettings {
        schedule: stop.map_or(schedule, |stop| schedule.ending_at(stop, config.cooldown)),
        save_interval: Duration::from_mins(2),
        ..optimisation.settings("pretrain", stop.unwrap_or(config.steps))
    }
}

/// Part of the configuration that a checkpoint depends on. Whether a run ends early may be decided while it goes on.
fn lasting(config: &PretrainConfig) -> serde_json::Value {
    let mut value = serde_json::to_value(config).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.shift_remove("stop_after");
        fields.shift_remove("cooldown");
    }
    value
}

fn identity(config: &PretrainConfig, inputs: &PretrainInputs) -> Result<Identity, Error> {
    let mut identity = BTreeMap::from([
        ("stage".to_owned(), "pretrain".to_owned()),
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        (
            "config".to_owned(),
            crate::config::as_json(&lasting(config)),
        ),
        (
            "conversation".to_owned(),
            crate::config::as_json(&inputs.form),
        ),
        ("seed".to_owned(), inputs.seed.to_string()),
    ]);
    for (index, path) in inputs.corpus.iter().enumerate() {
        let file = path.join(layout::dataset::CONVERSATIONS);
        let read: &Path = if path.is_dir() { &file } else { path };
        identity.insert(format!("corpus {}", index + 1), hash_path(read)?);
    }
    Ok(identity)
}

/// Trains the tokenizer, a function of the corpus: a resumed run trains the same one again.
fn tokenizer(
    config: &PretrainConfig,
    inputs: &PretrainInputs,
    texts: &Texts,
    progress: &dyn Progress,
) -> Result<Tokenizer, Error> {
    progress.info(&format!(
        "training a tokenizer of {} tokens",
        config.vocabulary
    ));
    Ok(train_bpe(
        texts.for_tokenizer(&inputs.form),
        config.vocabulary,
        &inputs.out,
    )?)
}

/// Recipe of pre-training.
struct Pretraining<'a> {
    config: &'a PretrainConfig,
    seed: u64,
    corpus: Corpus,
    cutting: Cutting,
    held_out: Vec<Batch>,
    tokens_per_epoch: usize,
    steps_per_epoch: usize,
    epochs: PerEpoch<Epoch>,
}

impl<'a> Pretraining<'a> {
    fn new(
        config: &'a PretrainConfig,
        inputs: &PretrainInputs,
        texts: &Texts,
        tokenizer: &Tokenizer,
    ) -> Result<Self, Error> {
        let cutting = Cutting {
            sequence: config.sequence,
            max_turns: config.max_turns,
        };
        let corpus = Corpus::encode(texts, Split::Train, &inputs.form, tokenizer);
        let held_out = Corpus::encode(texts, Split::Test, &inputs.form, tokenizer);
        let examples: Vec<Example> = held_out
            .epoch(cutting, derive_seed(inputs.seed, "held out"))
            .documents()
            .iter()
            .map(|document| held_out.example(document, config.sequence))
            .collect();
        let mut recipe = Self {
            config,
            seed: inputs.seed,
            corpus,
            cutting,
            held_out: pack_examples(&examples.iter().collect::<Vec<_>>(), config.micro_tokens),
            tokens_per_epoch: 0,
            steps_per_epoch: 1,
            epochs: PerEpoch::default(),
        };
        let first = recipe.epoch(0);
        if first.documents().is_empty() {
            return Err(corpus::nothing(&inputs.corpus));
        }
        recipe.tokens_per_epoch = first.tokens();
        let steps = (recipe.tokens_per_epoch as f64 / config.batch_tokens as f64).round();
        recipe.steps_per_epoch = (steps as usize).clamp(1, first.documents().len());
        Ok(recipe)
    }

    fn epoch(&self, epoch: usize) -> Arc<Epoch> {
        let seed = derive_seed(self.seed, &format!("epoch {epoch}"));
        self.epochs
            .get(epoch, || self.corpus.epoch(self.cutting, seed))
    }
}

impl Recipe for Pretraining<'_> {
    fn training_window(&self, step: usize) -> Result<TrainingWindow, Error> {
        let (epoch, index) = (step / self.steps_per_epoch, step % self.steps_per_epoch);
        let documents = self.epoch(epoch);
        let examples: Vec<Example> = documents
            .share(index, self.steps_per_epoch)
            .iter()
            .map(|document| self.corpus.example(document, self.config.sequence))
            .collect();
        let borrowed: Vec<&Example> = examples.iter().collect();
        Ok(TrainingWindow {
            step,
            epoch: (step + 1) as f64 / self.steps_per_epoch as f64,
            tokens: examples.iter().map(|example| example.ids.len()).sum(),
            weight: examples.iter().map(Example::targets).sum(),
            batches: pack_examples(&borrowed, self.config.micro_tokens),
            dropout_seeds: Vec::new(),
        })
    }

    fn loss(&self, window: &TrainingWindow, _index: usize, log_probs: &[f32]) -> Loss {
        mean_negative_log_likelihood(log_probs, window.weight)
    }

    fn evaluates_after(&self, _steps: usize) -> bool {
        false
    }

    fn evaluate(
        &self,
        executor: &dyn Executor,
        progress: &dyn Progress,
    ) -> Result<Option<Figures>, Error> {
        held_out(executor, &self.held_out, progress)
    }
}

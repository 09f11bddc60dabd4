//! The pre-training recipe: a base model from scratch, all weights trained.

mod config;
mod corpus;
mod output;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use candle_core::{Device, Var};
use persona_core::{Progress, Split, hash::hash_path, layout, random::derive_seed};
use persona_model::{Qwen2, Tokenizer, tokenizer::train_bpe};
use serde::Serialize;

pub use self::config::PretrainConfig;
use self::corpus::{Corpus, Cutting, Document, Texts};
use crate::{
    batch::{Example, MicroBatch},
    checkpoint::{self, Identity},
    engine::{Engine, MicroLoss},
    error::Error,
    evaluate::{held_out, mean_share, negative_log_likelihood},
    optimizer::AdamW,
    schedule::Cosine,
    train::{Figures, Recipe, Settings, Window, train},
    workers::Workers,
};

/// What a base model is made from.
#[derive(Clone, Debug)]
pub struct PretrainInputs {
    /// Dataset folders (their `conversations.jsonl`), `.jsonl` files of conversations, and `.txt` files.
    pub corpus: Vec<PathBuf>,
    /// The folder that becomes the model folder.
    pub out: PathBuf,
    /// Seed of all chance.
    pub seed: u64,
}

/// What pre-training came to.
#[derive(Clone, Debug, Serialize)]
pub struct PretrainReport {
    /// Weights of the model.
    pub parameters: usize,
    /// Optimizer steps.
    pub steps: usize,
    /// Passes over the corpus.
    pub epochs: f64,
    /// Tokens computed.
    pub tokens: u64,
    /// Tokens a second in this session, if it had a step to do. Left out of the record: times do not repeat.
    #[serde(skip)]
    pub tokens_per_second: Option<f64>,
    /// Loss per token on held-out text, before and after, where there is any.
    pub held_out_loss: Option<(f64, f64)>,
}

/// Trains a tokenizer and a network on the corpus, and writes a model folder in Hugging Face layout.
///
/// A stopped run goes on where it was when it is called again with the same arguments.
pub fn run(
    config: &PretrainConfig,
    inputs: &PretrainInputs,
    progress: &dyn Progress,
) -> Result<PretrainReport, Error> {
    config.check()?;
    let texts = Texts::read(&inputs.corpus)?;
    let tokenizer = tokenizer(config, inputs, &texts, progress)?;
    let recipe = Pretraining::new(config, inputs, &texts, &tokenizer)?;
    drop(texts);

    let network = config.network();
    let init_seed = derive_seed(inputs.seed, "initial weights");
    let model = Qwen2::init(network.clone(), init_seed, &Device::Cpu)?;
    let variables = model.variables().to_vec();
    let decays = |_: &str, variable: &Var| variable.rank() > 1;
    let mut engine = Engine::new(
        model,
        variables,
        decays,
        |values| Box::new(AdamW::new(config.optimizer, values)),
        Workers::of_machine(),
    )?;
    progress.info(&format!(
        "{} weights, {} tokens in the corpus, {} steps an epoch",
        network.parameters(),
        recipe.tokens_per_epoch,
        recipe.steps_per_epoch
    ));
    let trained = train(
        &mut engine,
        &recipe,
        &settings(config),
        &inputs.out,
        identity(config, inputs)?,
        progress,
    )?;
    output::save_model(&inputs.out, &network, &tokenizer, engine.values())?;
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

fn settings(config: &PretrainConfig) -> Settings {
    let schedule = Cosine::new(config.learning_rate, config.warmup_ratio, config.steps)
        .with_floor(config.final_rate);
    let stop = config.stop_after.filter(|stop| *stop < config.steps);
    Settings {
        label: "pretrain",
        steps: stop.unwrap_or(config.steps),
        schedule: stop.map_or(schedule, |stop| schedule.ending_at(stop, config.cooldown)),
        max_grad_norm: config.max_grad_norm,
        log_every: config.log_every,
        eval_every: config.eval_every,
        save_every: config.save_every,
        save_interval: Duration::from_mins(2),
    }
}

/// The part of the configuration that a checkpoint depends on: when a run ends early can be decided while it goes.
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
        ("seed".to_owned(), inputs.seed.to_string()),
    ]);
    for (index, path) in inputs.corpus.iter().enumerate() {
        let file = path.join(layout::dataset::CONVERSATIONS);
        let read: &Path = if path.is_dir() { &file } else { path };
        identity.insert(format!("corpus {}", index + 1), hash_path(read)?);
    }
    Ok(identity)
}

/// The tokenizer is a function of the corpus, so that a resumed run trains the same one again.
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
        texts.for_tokenizer(),
        config.vocabulary,
        &inputs.out,
    )?)
}

/// The recipe.
struct Pretraining<'a> {
    config: &'a PretrainConfig,
    seed: u64,
    corpus: Corpus,
    cutting: Cutting,
    held_out: Vec<MicroBatch>,
    tokens_per_epoch: usize,
    steps_per_epoch: usize,
    /// Documents of the epoch that was asked for last.
    epoch: Mutex<Option<(usize, Vec<Document>)>>,
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
        let corpus = Corpus::encode(texts, Split::Train, tokenizer);
        let held_out = Corpus::encode(texts, Split::Test, tokenizer);
        let examples: Vec<Example> = held_out
            .documents(cutting, derive_seed(inputs.seed, "held out"))
            .iter()
            .map(|document| held_out.example(document, config.sequence))
            .collect();
        let mut recipe = Self {
            config,
            seed: inputs.seed,
            corpus,
            cutting,
            held_out: MicroBatch::pack(&examples.iter().collect::<Vec<_>>(), config.micro_tokens),
            tokens_per_epoch: 0,
            steps_per_epoch: 1,
            epoch: Mutex::new(None),
        };
        let documents = recipe.documents(0);
        if documents.is_empty() {
            return Err(corpus::nothing(&inputs.corpus));
        }
        recipe.tokens_per_epoch = recipe.tokens(&documents);
        let steps = (recipe.tokens_per_epoch as f64 / config.batch_tokens as f64).round();
        recipe.steps_per_epoch = (steps as usize).clamp(1, documents.len());
        Ok(recipe)
    }

    fn documents(&self, epoch: usize) -> Vec<Document> {
        let seed = derive_seed(self.seed, &format!("epoch {epoch}"));
        self.corpus.documents(self.cutting, seed)
    }

    fn tokens(&self, documents: &[Document]) -> usize {
        documents
            .iter()
            .map(|document| self.corpus.len(document, self.config.sequence))
            .sum()
    }

    /// The documents of one step: an even share of the epoch's tokens.
    fn share(&self, documents: &[Document], index: usize) -> Vec<Example> {
        let total = self.tokens(documents);
        let border = |index: usize| total * index / self.steps_per_epoch;
        let (from, to) = (border(index), border(index + 1));
        let mut position = 0;
        let mut examples = Vec::new();
        for document in documents {
            if (from..to).contains(&position) {
                examples.push(self.corpus.example(document, self.config.sequence));
            }
            position += self.corpus.len(document, self.config.sequence);
        }
        examples
    }
}

impl Recipe for Pretraining<'_> {
    type Micro = MicroBatch;

    fn window(&self, step: usize) -> Result<Window<MicroBatch>, Error> {
        let (epoch, index) = (step / self.steps_per_epoch, step % self.steps_per_epoch);
        let mut cached = self
            .epoch
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let documents = match cached.take() {
            Some((found, documents)) if found == epoch => documents,
            _ => self.documents(epoch),
        };
        let examples = self.share(&documents, index);
        *cached = Some((epoch, documents));
        let borrowed: Vec<&Example> = examples.iter().collect();
        Ok(Window {
            step,
            epoch: (step + 1) as f64 / self.steps_per_epoch as f64,
            tokens: examples.iter().map(|example| example.ids.len()).sum(),
            weight: examples.iter().map(Example::targets).sum(),
            micros: MicroBatch::pack(&borrowed, self.config.micro_tokens),
        })
    }

    fn loss(
        &self,
        model: &Qwen2,
        window: &Window<MicroBatch>,
        index: usize,
    ) -> Result<MicroLoss, Error> {
        let loss = negative_log_likelihood(model, &window.micros[index], None)?;
        mean_share(&loss, window.weight)
    }

    fn figures(&self, _sums: &[f64], _steps: u64) -> Figures {
        Figures::new()
    }

    fn evaluates_after(&self, _steps: usize) -> bool {
        false
    }

    fn evaluate(&self, engine: &Engine, progress: &dyn Progress) -> Result<Option<Figures>, Error> {
        held_out(engine, &self.held_out, progress)
    }
}

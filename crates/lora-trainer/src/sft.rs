//! The SFT recipe: an adapter that learns to write the replies of the training split.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use persona_core::{Progress, Split, hash::hash_path, layout, random::derive_seed};
use persona_model::{Qwen2, Tokenizer};
use serde::Serialize;

use crate::{
    adapter::{self, Start},
    batch::{Example, MicroBatch, epoch_order},
    checkpoint::{self, Identity},
    config::{Config, as_json},
    data::{Examples, Windowing},
    engine::{Engine, MicroLoss},
    error::Error,
    evaluate::{held_out, mean_share, negative_log_likelihood},
    schedule::Cosine,
    train::{Figures, Recipe, Settings, Trained, Window, train},
};

/// What SFT works on.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The base model, a folder in Hugging Face layout.
    pub base: PathBuf,
    /// The dataset folder.
    pub dataset: PathBuf,
    /// The folder of the stage.
    pub out: PathBuf,
    /// Seed of all chance.
    pub seed: u64,
    /// An adapter to train further; `None` starts a fresh one.
    pub start_from: Option<PathBuf>,
}

/// What SFT came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Different targets in the training split.
    pub examples: usize,
    /// Targets an epoch takes, copies counted.
    pub examples_per_epoch: usize,
    /// Examples shortened to `max_tokens`.
    pub shortened: usize,
    /// Parameters trained.
    pub parameters: usize,
    /// Optimizer steps.
    pub steps: usize,
    /// Tokens computed.
    pub tokens: u64,
    /// Tokens a second in this session, if it had a step to do. Left out of the record: times do not repeat.
    #[serde(skip)]
    pub tokens_per_second: Option<f64>,
    /// Loss of the first and of the last record.
    pub training_loss: Option<(f64, f64)>,
    /// Loss per target token on the validation split: of the model before training, and after.
    pub validation_loss: Option<(f64, f64)>,
}

/// Trains an adapter on the dataset and writes it to `out/adapter`.
///
/// A stopped run goes on where it was when it is called again with the same arguments.
pub fn run(config: &Config, inputs: &Inputs, progress: &dyn Progress) -> Result<Report, Error> {
    config.check()?;
    let tokenizer = Tokenizer::load(&inputs.base)?;
    let examples = Examples::load(&inputs.dataset, Split::Train, &tokenizer, windowing(config))?;
    let validation = Examples::load(
        &inputs.dataset,
        Split::Validation,
        &tokenizer,
        windowing(config),
    )?;
    if examples.draws.is_empty() {
        return Err(Error::NothingToLearn {
            path: inputs.dataset.clone(),
            what: "target in the training split",
        });
    }
    if validation.examples.is_empty() {
        progress.warn("the validation split is empty: nothing tells when training goes too far");
    }
    let start = Start {
        base: &inputs.base,
        adapter: inputs.start_from.as_deref(),
    };
    let model = start.load(config.precision, &config.lora(), inputs.seed)?;
    let mut engine = adapter::engine(model, config.optimizer)?;
    let recipe = Sft::new(config, inputs.seed, examples, &validation);
    let steps = recipe.steps();
    let identity = identity(config, inputs, start)?;
    let settings = settings(config, "sft", steps);
    let trained = train(
        &mut engine,
        &recipe,
        &settings,
        &inputs.out,
        identity,
        progress,
    )?;
    adapter::save(engine.model(), &inputs.base, &inputs.out)?;
    checkpoint::remove(&inputs.out)?;
    Ok(report(&recipe, &engine, &trained, steps))
}

/// How `config` cuts conversations into examples.
pub fn windowing(config: &Config) -> Windowing {
    Windowing {
        context_turns: config.context_turns,
        max_tokens: config.max_tokens,
    }
}

fn settings(config: &Config, label: &'static str, steps: usize) -> Settings {
    Settings {
        label,
        steps,
        schedule: Cosine::new(config.learning_rate, config.warmup_ratio, steps),
        max_grad_norm: config.max_grad_norm,
        log_every: config.log_every,
        eval_every: config.eval_every,
        save_every: config.save_every,
        save_interval: Duration::from_mins(3),
    }
}

fn identity(config: &Config, inputs: &Inputs, start: Start<'_>) -> Result<Identity, Error> {
    let conversations = inputs.dataset.join(layout::dataset::CONVERSATIONS);
    Ok(BTreeMap::from([
        ("stage".to_owned(), "sft".to_owned()),
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("config".to_owned(), as_json(config)),
        ("seed".to_owned(), inputs.seed.to_string()),
        ("base".to_owned(), hash_path(start.base)?),
        ("dataset".to_owned(), hash_path(&conversations)?),
        ("adapter".to_owned(), start.adapter_hash()?),
    ]))
}

fn report(recipe: &Sft<'_>, engine: &Engine, trained: &Trained, steps: usize) -> Report {
    Report {
        examples: recipe.examples.examples.len(),
        examples_per_epoch: recipe.examples.draws.len(),
        shortened: recipe.examples.shortened,
        parameters: engine.values().iter().map(|values| values.data.len()).sum(),
        steps,
        tokens: trained.tokens,
        tokens_per_second: trained.tokens_per_second,
        training_loss: trained.metrics.first_and_last("loss"),
        validation_loss: trained.metrics.first_and_last("validation_loss"),
    }
}

/// The recipe.
pub(crate) struct Sft<'a> {
    config: &'a Config,
    seed: u64,
    examples: Examples,
    validation: Vec<MicroBatch>,
}

impl<'a> Sft<'a> {
    pub(crate) fn new(
        config: &'a Config,
        seed: u64,
        examples: Examples,
        validation: &Examples,
    ) -> Self {
        let borrowed: Vec<&Example> = validation.examples.iter().collect();
        Self {
            config,
            seed,
            examples,
            validation: MicroBatch::pack(&borrowed, config.micro_tokens),
        }
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps_per_epoch() * self.config.epochs
    }

    fn steps_per_epoch(&self) -> usize {
        self.examples.draws.len().div_ceil(self.config.window())
    }
}

impl Recipe for Sft<'_> {
    type Micro = MicroBatch;

    fn window(&self, step: usize) -> Result<Window<MicroBatch>, Error> {
        let (epoch, index) = (step / self.steps_per_epoch(), step % self.steps_per_epoch());
        let order = epoch_order(self.seed, epoch, self.examples.draws.len());
        let size = self.config.window();
        let examples: Vec<&Example> = order[index * size..]
            .iter()
            .take(size)
            .map(|&draw| &self.examples.examples[self.examples.draws[draw]])
            .collect();
        Ok(Window {
            step,
            epoch: (step + 1) as f64 / self.steps_per_epoch() as f64,
            tokens: examples.iter().map(|example| example.ids.len()).sum(),
            weight: examples.iter().map(|example| example.targets()).sum(),
            micros: MicroBatch::pack(&examples, self.config.micro_tokens),
        })
    }

    fn loss(
        &self,
        model: &Qwen2,
        window: &Window<MicroBatch>,
        index: usize,
    ) -> Result<MicroLoss, Error> {
        let label = format!("dropout of step {} micro-batch {index}", window.step);
        let dropout = (self.config.dropout > 0.0).then(|| derive_seed(self.seed, &label));
        let loss = negative_log_likelihood(model, &window.micros[index], dropout)?;
        mean_share(&loss, window.weight)
    }

    fn figures(&self, _sums: &[f64], _steps: u64) -> Figures {
        Figures::new()
    }

    fn evaluates_after(&self, steps: usize) -> bool {
        steps.is_multiple_of(self.steps_per_epoch())
    }

    fn evaluate(&self, engine: &Engine, progress: &dyn Progress) -> Result<Option<Figures>, Error> {
        held_out(engine, &self.validation, progress)
    }
}

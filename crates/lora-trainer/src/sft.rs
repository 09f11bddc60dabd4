//! The SFT recipe: an adapter that learns to write the replies of the training split.

use std::{collections::BTreeMap, path::PathBuf};

use persona_core::{
    Conversation, ConversationForm, Progress, Split, hash::hash_path, jsonl, layout,
    random::derive_seed,
};
use persona_model::{Batch, Tokenizer};
use serde::Serialize;

use crate::{
    adapter::{self, Start},
    batch::{Example, pack_examples},
    checkpoint::{self, Identity},
    config::{Config, as_json},
    data::{Examples, Windowing},
    epoch::{PerEpoch, epoch_order},
    error::Error,
    evaluate::held_out,
    executor::Executor,
    executors,
    loss::{Loss, mean_negative_log_likelihood},
    metrics::Figures,
    optimisation,
    train::{Recipe, Trained, Window, train},
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
    /// The form that the dataset was built with. The adapter keeps it.
    pub form: ConversationForm,
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
    inputs.form.check()?;
    let tokenizer = Tokenizer::load(&inputs.base)?;
    let (examples, validation) = examples(config, inputs, &tokenizer)?;
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
    let mut executor = executors::of_adapter(
        start,
        config.precision,
        &config.lora(),
        config.optimizer,
        inputs.seed,
    )?;
    let recipe = Sft::new(config, inputs.seed, examples, &validation);
    let steps = recipe.steps();
    let identity = identity(config, inputs, start)?;
    let settings = optimisation!(config).settings("sft", steps);
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
    report(&recipe, executor.as_ref(), &trained, steps)
}

/// The examples to learn from and those to validate with.
fn examples(
    config: &Config,
    inputs: &Inputs,
    tokenizer: &Tokenizer,
) -> Result<(Examples, Examples), Error> {
    let path = inputs.dataset.join(layout::dataset::CONVERSATIONS);
    let conversations: Vec<Conversation> = jsonl::read(&path)?;
    let of = |split| Examples::encode(&conversations, split, tokenizer, windowing(config, inputs));
    Ok((of(Split::Train)?, of(Split::Validation)?))
}

/// How conversations are cut into examples.
pub fn windowing<'a>(config: &Config, inputs: &'a Inputs) -> Windowing<'a> {
    Windowing {
        form: &inputs.form,
        max_tokens: config.max_tokens,
    }
}

fn identity(config: &Config, inputs: &Inputs, start: Start<'_>) -> Result<Identity, Error> {
    let conversations = inputs.dataset.join(layout::dataset::CONVERSATIONS);
    Ok(BTreeMap::from([
        ("stage".to_owned(), "sft".to_owned()),
        ("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("config".to_owned(), as_json(config)),
        ("conversation".to_owned(), as_json(&inputs.form)),
        ("seed".to_owned(), inputs.seed.to_string()),
        ("base".to_owned(), hash_path(start.base)?),
        ("dataset".to_owned(), hash_path(&conversations)?),
        ("adapter".to_owned(), start.adapter_hash()?),
    ]))
}

fn report(
    recipe: &Sft<'_>,
    executor: &dyn Executor,
    trained: &Trained,
    steps: usize,
) -> Result<Report, Error> {
    Ok(Report {
        examples: recipe.examples.examples.len(),
        examples_per_epoch: recipe.examples.draws.len(),
        shortened: recipe.examples.shortened,
        parameters: executor
            .values()?
            .iter()
            .map(|values| values.data.len())
            .sum(),
        steps,
        tokens: trained.tokens,
        tokens_per_second: trained.tokens_per_second,
        training_loss: trained.metrics.first_and_last("loss"),
        validation_loss: trained.metrics.first_and_last("validation_loss"),
    })
}

/// The recipe.
pub(crate) struct Sft<'a> {
    config: &'a Config,
    seed: u64,
    examples: Examples,
    validation: Vec<Batch>,
    /// Draws in the order of the epoch.
    order: PerEpoch<Vec<usize>>,
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
            validation: pack_examples(&borrowed, config.micro_tokens),
            order: PerEpoch::default(),
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
    fn window(&self, step: usize) -> Result<Window, Error> {
        let (epoch, index) = (step / self.steps_per_epoch(), step % self.steps_per_epoch());
        let count = self.examples.draws.len();
        let order = self
            .order
            .get(epoch, || epoch_order(self.seed, epoch, count));
        let size = self.config.window();
        let examples: Vec<&Example> = order[index * size..]
            .iter()
            .take(size)
            .map(|&draw| &self.examples.examples[self.examples.draws[draw]])
            .collect();
        let batches = pack_examples(&examples, self.config.micro_tokens);
        let dropped = if self.config.dropout > 0.0 {
            batches.len()
        } else {
            0
        };
        let seed = |index| format!("dropout of step {step} micro-batch {index}");
        Ok(Window {
            step,
            epoch: (step + 1) as f64 / self.steps_per_epoch() as f64,
            dropout_seeds: (0..dropped)
                .map(|index| derive_seed(self.seed, &seed(index)))
                .collect(),
            tokens: examples.iter().map(|example| example.ids.len()).sum(),
            weight: examples.iter().map(|example| example.targets()).sum(),
            batches,
        })
    }

    fn loss(&self, window: &Window, _index: usize, log_probs: &[f32]) -> Loss {
        mean_negative_log_likelihood(log_probs, window.weight)
    }

    fn figures(&self, _sums: &[f64], _steps: u64) -> Figures {
        Figures::new()
    }

    fn evaluates_after(&self, steps: usize) -> bool {
        steps.is_multiple_of(self.steps_per_epoch())
    }

    fn evaluate(
        &self,
        executor: &dyn Executor,
        progress: &dyn Progress,
    ) -> Result<Option<Figures>, Error> {
        held_out(executor, &self.validation, progress)
    }
}

//! Recipe of SFT: an adapter that learns to write the replies of the training split.

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
    data::{ExampleOptions, Examples},
    epoch::{PerEpoch, epoch_order},
    error::Error,
    evaluate::held_out,
    executor::Executor,
    executors,
    loss::{Loss, mean_negative_log_likelihood},
    metrics::Figures,
    optimisation,
    train::{Recipe, Trained, TrainingWindow, train},
};

/// Inputs of SFT.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// Base, a folder in Hugging Face layout.
    pub base: PathBuf,
    /// Folder of the dataset.
    pub dataset: PathBuf,
    /// Folder of the stage.
    pub out: PathBuf,
    /// The form that the dataset was built with. The adapter keeps it.
    pub form: ConversationForm,
    /// Seed of all random decisions.
    pub seed: u64,
    /// Adapter to train further; `None` starts a fresh one.
    pub start_from: Option<PathBuf>,
}

/// Report of SFT.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Number of distinct targets in the training split.
    pub examples: usize,
    /// Number of draws per epoch: targets, copies counted.
    pub examples_per_epoch: usize,
    /// Number of examples that were cut to `max_tokens`.
    pub shortened: usize,
    /// Number of trained parameters.
    pub parameters: usize,
    /// Number of optimizer steps.
    pub steps: usize,
    /// Number of tokens computed.
    pub tokens: u64,
    /// Tokens per second since the run was started or resumed last; `None` if it had no step left to do. Not written to
    /// the record, as times do not repeat.
    #[serde(skip)]
    pub tokens_per_second: Option<f64>,
    /// Loss in the first and in the last record.
    pub training_loss: Option<(f64, f64)>,
    /// Loss per target token on the validation split, before and after training.
    pub validation_loss: Option<(f64, f64)>,
}

/// Trains an adapter on the dataset and writes it to `out/adapter`.
///
/// A stopped run continues when it is called again with the same arguments.
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

/// Loads the training and the validation examples.
fn examples(
    config: &Config,
    inputs: &Inputs,
    tokenizer: &Tokenizer,
) -> Result<(Examples, Examples), Error> {
    let path = inputs.dataset.join(layout::dataset::CONVERSATIONS);
    let conversations: Vec<Conversation> = jsonl::read(&path)?;
    let of = |split| {
        Examples::encode(
            &conversations,
            split,
            tokenizer,
            example_options(config, inputs),
        )
    };
    Ok((of(Split::Train)?, of(Split::Validation)?))
}

/// Example options of `config`, with the form of `inputs`.
pub fn example_options<'a>(config: &Config, inputs: &'a Inputs) -> ExampleOptions<'a> {
    ExampleOptions {
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

/// Recipe of SFT.
pub(crate) struct Sft<'a> {
    config: &'a Config,
    seed: u64,
    examples: Examples,
    validation: Vec<Batch>,
    /// Order of the draws in the current epoch.
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
        self.examples
            .draws
            .len()
            .div_ceil(self.config.examples_per_step())
    }
}

impl Recipe for Sft<'_> {
    fn training_window(&self, step: usize) -> Result<TrainingWindow, Error> {
        let (epoch, index) = (step / self.steps_per_epoch(), step % self.steps_per_epoch());
        let count = self.examples.draws.len();
        let order = self
            .order
            .get(epoch, || epoch_order(self.seed, epoch, count));
        let size = self.config.examples_per_step();
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
        Ok(TrainingWindow {
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

    fn loss(&self, window: &TrainingWindow, _index: usize, log_probs: &[f32]) -> Loss {
        mean_negative_log_likelihood(log_probs, window.weight)
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

//! Plan of an SFT run: its steps and the memory it needs, without training.

use persona_core::Split;
use persona_model::{Qwen2Config, Tokenizer, tensors::LINEARS};
use serde::Serialize;

use crate::{
    config::{Config, Precision},
    data::Examples,
    error::Error,
    sft::{Inputs, example_options},
    workers::Workers,
};

/// Plan of an SFT run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Number of draws per epoch: targets, copies counted.
    pub examples_per_epoch: usize,
    /// Number of tokens per epoch, copies counted.
    pub tokens_per_epoch: usize,
    /// Optimizer steps per epoch.
    pub steps_per_epoch: usize,
    /// Optimizer steps of the whole run.
    pub steps: usize,
    /// Number of weights in the base.
    pub base_parameters: usize,
    /// Number of trained parameters.
    pub trained_parameters: usize,
    /// Estimate of the peak memory, in bytes.
    pub memory_bytes: usize,
}

/// Plans the run that [`crate::run`] would make with the same arguments.
pub fn plan(config: &Config, inputs: &Inputs) -> Result<Plan, Error> {
    config.check()?;
    let tokenizer = Tokenizer::load(&inputs.base)?;
    let network = Qwen2Config::load(&inputs.base)?;
    let examples = Examples::load(
        &inputs.dataset,
        Split::Train,
        &tokenizer,
        example_options(config, inputs),
    )?;
    let steps_per_epoch = examples.draws.len().div_ceil(config.examples_per_step());
    let longest = examples
        .examples
        .iter()
        .map(|example| example.ids.len())
        .max()
        .unwrap_or(0);
    let trained_parameters = adapter_parameters(config, &network);
    Ok(Plan {
        examples_per_epoch: examples.draws.len(),
        tokens_per_epoch: examples.tokens(),
        steps_per_epoch,
        steps: steps_per_epoch * config.epochs,
        base_parameters: network.parameters(),
        trained_parameters,
        memory_bytes: memory(config, &network, trained_parameters, longest),
    })
}

fn adapter_parameters(config: &Config, network: &Qwen2Config) -> usize {
    let adapted = LINEARS
        .iter()
        .filter(|linear| config.targets.iter().any(|name| name == linear.target));
    let layer: usize = adapted
        .map(|linear| config.rank * linear.shape(network).iter().sum::<usize>())
        .sum();
    layer * network.num_hidden_layers
}

/// Estimates the peak memory in bytes. It holds the base's weights; the trained parameters in the network and as f32
/// values, two moments and a sum of gradients; and on every worker the gradients of one micro-batch and the outputs of
/// all layers, which the backward pass reads.
fn memory(config: &Config, network: &Qwen2Config, trained: usize, longest: usize) -> usize {
    let weight_bytes = match config.precision {
        Precision::F32 => 4,
        Precision::Bf16 => 2,
    };
    let tokens = config.micro_tokens.max(longest);
    let (hidden, narrow, wide) = (
        network.hidden_size,
        network.key_value_size(),
        network.intermediate_size,
    );
    let outputs_per_token = network.num_hidden_layers * (9 * hidden + 6 * narrow + 4 * wide);
    let worker = 4 * (trained + tokens * (outputs_per_token + 4 * hidden));
    let base = weight_bytes * network.parameters();
    base + 5 * 4 * trained + Workers::of_machine().count() * worker
}

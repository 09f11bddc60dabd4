//! What a training run would do and need, without doing it.

use persona_core::Split;
use persona_model::{Qwen2Config, Tokenizer};
use serde::Serialize;

use crate::{
    config::{Config, Precision},
    data::Examples,
    error::Error,
    sft::{Inputs, windowing},
    workers::Workers,
};

/// What SFT would do, and the memory it needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Targets an epoch takes, copies counted.
    pub examples_per_epoch: usize,
    /// Tokens an epoch takes.
    pub tokens_per_epoch: usize,
    /// Optimizer steps of an epoch.
    pub steps_per_epoch: usize,
    /// Optimizer steps in all.
    pub steps: usize,
    /// Weights of the base model.
    pub base_parameters: usize,
    /// Parameters that are trained.
    pub trained_parameters: usize,
    /// Estimate of the memory at its peak, in bytes.
    pub memory_bytes: usize,
}

/// Plans the run that [`crate::run`] would make of the same arguments.
pub fn plan(config: &Config, inputs: &Inputs) -> Result<Plan, Error> {
    config.check()?;
    let tokenizer = Tokenizer::load(&inputs.base)?;
    let network = Qwen2Config::load(&inputs.base)?;
    let examples = Examples::load(
        &inputs.dataset,
        Split::Train,
        &tokenizer,
        windowing(config, inputs),
    )?;
    let steps_per_epoch = examples.draws.len().div_ceil(config.window());
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
    let (hidden, narrow, wide) = (
        network.hidden_size,
        network.key_value_size(),
        network.intermediate_size,
    );
    let sides = |target: &str| match target {
        "q_proj" | "o_proj" => hidden + hidden,
        "k_proj" | "v_proj" => hidden + narrow,
        "gate_proj" | "up_proj" | "down_proj" => hidden + wide,
        _ => 0,
    };
    let layer: usize = config
        .targets
        .iter()
        .map(|target| config.rank * sides(target))
        .sum();
    layer * network.num_hidden_layers
}

/// Base weights; parameters in the network, as 32-bit values, two moments, a sum of gradients; and on every worker one
/// micro-batch's gradients and the outputs of all layers, which the backward pass reads.
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

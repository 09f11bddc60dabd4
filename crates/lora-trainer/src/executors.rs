//! Training engines that implement [`Executor`], and the choice between them.

pub mod reference;

use persona_model::{LoraConfig, Qwen2Config};

use self::reference::ReferenceExecutor;
use crate::{
    adapter::Start, config::Precision, error::Error, executor::Executor, optimizer::AdamWConfig,
};

/// Returns an executor that trains an adapter on a frozen base with AdamW. The adapter of `start`, if any, keeps its
/// rank, alpha and targets; dropout is that of `lora`.
pub fn of_adapter(
    start: Start<'_>,
    precision: Precision,
    lora: &LoraConfig,
    optimizer: AdamWConfig,
    seed: u64,
) -> Result<Box<dyn Executor>, Error> {
    let executor = ReferenceExecutor::of_adapter(start, precision, lora, optimizer, seed)?;
    Ok(Box::new(executor))
}

/// Returns an executor that trains all weights of a new network with AdamW. Norms and biases do not decay.
pub fn of_network(
    network: Qwen2Config,
    optimizer: AdamWConfig,
    seed: u64,
) -> Result<Box<dyn Executor>, Error> {
    Ok(Box::new(ReferenceExecutor::of_network(
        network, optimizer, seed,
    )?))
}

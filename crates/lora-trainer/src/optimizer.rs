//! Optimizers: what turns gradients into new parameters.

mod adamw;

pub use adamw::{AdamW, AdamWConfig};

use crate::tensor_file::NamedTensor;

/// One trained tensor, flat, in 32 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Name in checkpoints.
    pub name: String,
    /// The tensor's shape.
    pub shape: Vec<usize>,
    /// The elements.
    pub data: Vec<f32>,
    /// Whether weight decay applies.
    pub decay: bool,
}

/// One step's circumstances.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Learning rate.
    pub rate: f64,
    /// Factor on every gradient, from clipping.
    pub gradient_factor: f32,
}

/// Turns gradients into new parameters and keeps what it needs from step to step.
///
/// Implementations are deterministic whatever the number of threads, and their whole state is [`Optimizer::state`]
/// and the number of steps taken.
pub trait Optimizer: Send + Sync {
    /// Applies one step. `gradients` stand in the order of `parameters` and have their lengths.
    fn step(&mut self, update: Update, parameters: &mut [Values], gradients: &[Vec<f32>]);

    /// Everything that a resumed run needs besides the number of steps.
    fn state(&self) -> Vec<NamedTensor<'_>>;

    /// Takes up the state that was saved after `steps` steps. `tensor` gives the bytes saved under a name.
    /// Fails with the name of the first tensor that is missing or has another length.
    fn restore<'a>(
        &mut self,
        steps: usize,
        tensor: &dyn Fn(&str) -> Option<&'a [u8]>,
    ) -> Result<(), String>;

    /// Bytes of state per parameter, for the memory estimate.
    fn bytes_per_parameter(&self) -> usize;
}

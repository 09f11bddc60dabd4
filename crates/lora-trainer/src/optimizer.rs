//! Optimizers: turning gradients into new parameters.

mod adamw;

pub use adamw::{AdamW, AdamWConfig};

use persona_model::tensor_file::NamedTensor;

/// One trained tensor, flat, in f32.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Name of the tensor in checkpoints.
    pub name: String,
    /// Shape of the tensor, outermost dimension first.
    pub shape: Vec<usize>,
    /// Elements in row-major order.
    pub data: Vec<f32>,
    /// Whether weight decay applies.
    pub decay: bool,
}

/// Learning rate and gradient factor of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    /// Learning rate.
    pub rate: f64,
    /// Factor on every gradient, from clipping.
    pub gradient_factor: f32,
}

/// Updates parameters by their gradients, and keeps its own state from step to step.
///
/// Implementations are deterministic on any number of threads. Their whole state is [`Optimizer::state`] and the number
/// of steps taken.
pub trait Optimizer: Send + Sync {
    /// Makes one step. `gradients` are in the order of `parameters` and have the same lengths.
    fn step(&mut self, update: Update, parameters: &mut [Values], gradients: &[Vec<f32>]);

    /// Tensors that a resumed run needs besides the number of steps.
    fn state(&self) -> Vec<NamedTensor<'_>>;

    /// Restores the state that was saved after `steps` steps. `tensor` returns the bytes saved under a name. Fails with
    /// the name of the first tensor that is missing or has another length.
    fn restore<'a>(
        &mut self,
        steps: usize,
        tensor: &dyn Fn(&str) -> Option<&'a [u8]>,
    ) -> Result<(), String>;

    /// Bytes of state per parameter, for the memory estimate.
    fn bytes_per_parameter(&self) -> usize;
}

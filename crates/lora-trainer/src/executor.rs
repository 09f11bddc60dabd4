//! Executor: the interface between recipes and training engines. Recipes know batches and log-probabilities, engines
//! know tensors. Each engine decides on which device and in which form it keeps them.

use std::borrow::Cow;

use persona_core::Progress;
use persona_model::{Adapter, Batch, tensor_file::NamedTensor};

use crate::{checkpoint::Checkpoint, error::Error, loss::Loss, optimizer::Values};

/// Function from the index of a micro-batch and the log-probabilities of its targets, in nats, to its loss.
pub type LossOf<'a> = dyn Fn(usize, &[f32]) -> Loss + Sync + 'a;

/// Sums over the micro-batches of one training window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accumulated {
    /// Sum of the losses.
    pub loss: f64,
    /// Sums of the recipe's figures.
    pub figures: Vec<f64>,
}

/// A network, its trained parameters, and the optimizer that updates them.
///
/// Results are a function of parameters, batches and seeds. They do not depend on how many micro-batches are computed
/// at once, as sums are taken in the order of the micro-batches.
pub trait Executor: Sync {
    /// Computes the log-probabilities of the targets of each batch, without dropout, and passes them to `take` in
    /// order.
    ///
    /// Fails with [`Error::Stopped`] where `progress` asks to stop; it is asked before every batch.
    fn log_probs(
        &self,
        batches: &[Batch],
        progress: &dyn Progress,
        take: &mut dyn FnMut(usize, Vec<f32>),
    ) -> Result<(), Error>;

    /// Runs each batch forward, calls `loss` for its loss, runs it backward, and adds its gradients to those for the
    /// next [`Executor::step`].
    ///
    /// `dropout_seeds` holds one seed per batch, or none for no dropout. Fails with [`Error::Stopped`] where `progress`
    /// asks to stop; it is asked before every batch. After an error all accumulated gradients are dropped.
    fn accumulate(
        &mut self,
        batches: &[Batch],
        dropout_seeds: &[u64],
        progress: &dyn Progress,
        loss: &LossOf<'_>,
    ) -> Result<Accumulated, Error>;

    /// Makes one optimizer step at learning rate `rate` with the accumulated gradients, clipped to the norm `max_norm`.
    /// Returns their norm before clipping; where it is not finite, no parameter is changed.
    fn step(&mut self, rate: f64, max_norm: f64) -> Result<f64, Error>;

    /// Names and elements of the trained parameters, in f32.
    fn values(&self) -> Result<Cow<'_, [Values]>, Error>;

    /// Returns the trained adapter; its configuration names the base `base`.
    fn adapter(&self, base: &str) -> Result<Adapter, Error>;

    /// Tensors that a checkpoint must hold for [`Executor::restore`]: parameters and the optimizer's state.
    fn state(&self) -> Result<Vec<NamedTensor<'_>>, Error>;

    /// Restores parameters and the optimizer's state from a checkpoint.
    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error>;
}

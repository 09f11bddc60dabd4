//! The seam between recipes and the engine that computes: recipes know batches and log-probabilities, engines know
//! tensors. What an engine keeps on which device, and in which form, is its own.

use std::borrow::Cow;

use persona_core::Progress;
use persona_model::{Adapter, Batch};

use crate::{
    checkpoint::Checkpoint, error::Error, loss::Loss, optimizer::Values, tensor_file::NamedTensor,
};

/// The loss of micro-batch `index`, given the log-probabilities of its targets in nats.
pub type LossOf<'a> = dyn Fn(usize, &[f32]) -> Loss + Sync + 'a;

/// What the micro-batches of a window came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accumulated {
    /// Sum of their losses.
    pub loss: f64,
    /// Sums of their figures.
    pub figures: Vec<f64>,
}

/// A network, the parameters of it that are trained, and the optimizer that moves them.
///
/// Everything is a function of parameters, batches and seeds: results do not depend on how many micro-batches are
/// computed at once, for their sums are taken in the order of the micro-batches.
pub trait Executor: Sync {
    /// Gives `take` the log-probabilities of the targets of each batch, batch after batch, without dropout.
    ///
    /// Ends with [`Error::Stopped`] where `progress` asks to stop; it is asked before every batch.
    fn log_probs(
        &self,
        batches: &[Batch],
        progress: &dyn Progress,
        take: &mut dyn FnMut(usize, Vec<f32>),
    ) -> Result<(), Error>;

    /// Computes each batch forward, asks `loss` for its loss, computes it backward, and adds its gradients to those that
    /// wait for [`Executor::step`].
    ///
    /// `dropout_seeds` holds one seed a batch, or none: then nothing is dropped. Ends with [`Error::Stopped`] where
    /// `progress` asks to stop; it is asked before every batch. After any error no gradients wait.
    fn accumulate(
        &mut self,
        batches: &[Batch],
        dropout_seeds: &[u64],
        progress: &dyn Progress,
        loss: &LossOf<'_>,
    ) -> Result<Accumulated, Error>;

    /// One step of the optimizer at learning rate `rate` with the gradients that wait, clipped to the norm `max_norm`.
    /// Returns their norm before clipping; where it is not finite, no parameter is changed.
    fn step(&mut self, rate: f64, max_norm: f64) -> Result<f64, Error>;

    /// Names and elements of the trained parameters, in 32 bits.
    fn values(&self) -> Result<Cow<'_, [Values]>, Error>;

    /// The trained adapter, on the base called `base`.
    fn adapter(&self, base: &str) -> Result<Adapter, Error>;

    /// Everything that a checkpoint must hold for [`Executor::restore`]: parameters and the optimizer's state.
    fn state(&self) -> Result<Vec<NamedTensor<'_>>, Error>;

    /// Takes up parameters and the optimizer's state from a checkpoint.
    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error>;
}

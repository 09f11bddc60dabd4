//! The engine: gradients of a window of micro-batches, and the update they make.

use std::{borrow::Cow, fmt};

use candle_core::{DType, Tensor, Var};
use persona_model::Qwen2;

use crate::{
    checkpoint::Checkpoint,
    clip::{clip_factor, global_norm},
    error::Error,
    optimizer::{Optimizer, Update, Values},
    tensor_file::NamedTensor,
    workers::Workers,
};

/// The loss of one micro-batch: its share of the loss of the whole window, and the recipe's own figures.
#[derive(Debug)]
pub struct MicroLoss {
    /// A scalar; the losses of a window's micro-batches sum to the loss of the window.
    pub loss: Tensor,
    /// Figures that are summed over the window.
    pub figures: Vec<f64>,
}

/// What a window of micro-batches came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Accumulated {
    /// Loss of the window.
    pub loss: f64,
    /// Sums of the recipe's figures.
    pub figures: Vec<f64>,
    /// Gradients, in the order of the parameters.
    pub gradients: Vec<Vec<f32>>,
}

/// A model with trained parameters, and what trains them.
pub struct Engine {
    model: Qwen2,
    variables: Vec<Var>,
    values: Vec<Values>,
    optimizer: Box<dyn Optimizer>,
    workers: Workers,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("parameters", &self.values.len())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Trains `variables` of `model`. Weight decay applies to those for which `decays` says so.
    pub fn new(
        model: Qwen2,
        variables: Vec<(String, Var)>,
        decays: impl Fn(&str, &Var) -> bool,
        optimizer: impl FnOnce(&[Values]) -> Box<dyn Optimizer>,
        workers: Workers,
    ) -> Result<Self, Error> {
        let mut values = Vec::with_capacity(variables.len());
        for (name, variable) in &variables {
            values.push(Values {
                name: name.clone(),
                shape: variable.dims().to_vec(),
                data: flat(variable)?,
                decay: decays(name, variable),
            });
        }
        Ok(Self {
            model,
            variables: variables
                .into_iter()
                .map(|(_, variable)| variable)
                .collect(),
            optimizer: optimizer(&values),
            values,
            workers,
        })
    }

    /// The model with its present parameters.
    pub fn model(&self) -> &Qwen2 {
        &self.model
    }

    /// The model, with its parameters trained so far.
    pub fn into_model(self) -> Qwen2 {
        self.model
    }

    /// The threads that compute micro-batches.
    pub fn workers(&self) -> &Workers {
        &self.workers
    }

    /// Names and elements of the trained parameters.
    pub fn values(&self) -> &[Values] {
        &self.values
    }

    /// Sums loss, figures and gradients over `count` micro-batches, always in their order.
    pub fn accumulate(
        &self,
        count: usize,
        loss: impl Fn(&Qwen2, usize) -> Result<MicroLoss, Error> + Sync,
    ) -> Result<Accumulated, Error> {
        let mut sum = Accumulated::default();
        let work = |index| {
            let micro = loss(&self.model, index)?;
            let value = micro.loss.to_dtype(DType::F32)?.to_scalar::<f32>()?;
            Ok((
                f64::from(value),
                micro.figures,
                self.gradients(&micro.loss)?,
            ))
        };
        self.workers
            .ordered(count, work, |_, (loss, figures, gradients)| {
                sum.loss += loss;
                add_figures(&mut sum.figures, &figures);
                if sum.gradients.is_empty() {
                    sum.gradients = gradients;
                } else {
                    for (sum, gradient) in sum.gradients.iter_mut().zip(gradients) {
                        for (sum, element) in sum.iter_mut().zip(gradient) {
                            *sum += element;
                        }
                    }
                }
                Ok::<_, Error>(())
            })?;
        Ok(sum)
    }

    /// Makes one optimizer step with gradients clipped to `max_norm`; returns their norm before clipping.
    pub fn update(
        &mut self,
        gradients: &[Vec<f32>],
        rate: f64,
        max_norm: f64,
    ) -> Result<f64, Error> {
        let norm = global_norm(gradients);
        if norm.is_finite() {
            let update = Update {
                rate,
                gradient_factor: clip_factor(norm, max_norm),
            };
            self.optimizer.step(update, &mut self.values, gradients);
            self.publish()?;
        }
        Ok(norm)
    }

    /// All tensors of a checkpoint.
    pub fn state(&self) -> Vec<NamedTensor<'_>> {
        let parameters = self.values.iter().map(|values| NamedTensor {
            name: parameter_key(&values.name),
            dtype: safetensors::Dtype::F32,
            shape: values.shape.clone(),
            bytes: Cow::Borrowed(bytemuck::cast_slice(&values.data)),
        });
        parameters.chain(self.optimizer.state()).collect()
    }

    /// Takes up the parameters and the optimizer's state from a checkpoint.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let tensors = checkpoint.tensors()?;
        let find = |name: &str| tensors.tensor(name).ok().map(|view| view.data());
        for values in &mut self.values {
            let key = parameter_key(&values.name);
            match find(&key) {
                Some(bytes) if bytes.len() == 4 * values.data.len() => {
                    bytemuck::cast_slice_mut(&mut values.data).copy_from_slice(bytes);
                }
                _ => return Err(checkpoint.lacks(&key).into()),
            }
        }
        self.optimizer
            .restore(checkpoint.state.step, &find)
            .map_err(|name| checkpoint.lacks(&name))?;
        self.publish()
    }

    fn gradients(&self, loss: &Tensor) -> Result<Vec<Vec<f32>>, Error> {
        let store = loss.backward()?;
        self.variables
            .iter()
            .zip(&self.values)
            .map(|(variable, values)| match store.get(variable) {
                Some(gradient) => flat(gradient),
                None => Err(Error::NoGradient {
                    parameter: values.name.clone(),
                }),
            })
            .collect()
    }

    /// Puts the new values into the network.
    fn publish(&self) -> Result<(), Error> {
        for (variable, values) in self.variables.iter().zip(&self.values) {
            let tensor = Tensor::from_slice(&values.data, variable.shape(), variable.device())?;
            variable.set(&tensor.to_dtype(variable.dtype())?)?;
        }
        Ok(())
    }
}

/// Adds `figures` to `sums`, element by element.
pub fn add_figures(sums: &mut Vec<f64>, figures: &[f64]) {
    sums.resize(figures.len(), 0.0);
    for (sum, figure) in sums.iter_mut().zip(figures) {
        *sum += figure;
    }
}

fn parameter_key(name: &str) -> String {
    format!("parameter.{name}")
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    Ok(tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?)
}

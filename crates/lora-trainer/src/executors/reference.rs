//! Reference engine: candle's automatic differentiation on the CPU. Other engines are compared with it.

use std::{borrow::Cow, fmt};

use candle_core::{DType, Device, Tensor, Var};
use persona_core::{Progress, random::derive_seed};
use persona_model::{
    Adapter, Batch, LoadOptions, LoraConfig, Qwen2, Qwen2Config, loss::batch_log_probs,
    tensor_file::NamedTensor,
};

use crate::{
    adapter::Start,
    checkpoint::Checkpoint,
    clip::{clip_factor, global_norm},
    config::Precision,
    error::Error,
    executor::{Accumulated, Executor, LossOf},
    metrics::add_figures,
    optimizer::{AdamW, AdamWConfig, Optimizer, Update, Values},
    workers::Workers,
};

/// A model of candle tensors, its trained parameters and their optimizer.
pub struct ReferenceExecutor {
    model: Qwen2,
    variables: Vec<Var>,
    values: Vec<Values>,
    /// Accumulated gradients since the last step, in the order of the parameters; empty where there are none.
    gradients: Vec<Vec<f32>>,
    optimizer: Box<dyn Optimizer>,
    workers: Workers,
}

impl fmt::Debug for ReferenceExecutor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ReferenceExecutor")
            .field("parameters", &self.values.len())
            .finish_non_exhaustive()
    }
}

impl ReferenceExecutor {
    /// Creates an executor that trains an adapter on a base with AdamW, on as many threads as the machine has cores.
    pub fn of_adapter(
        start: Start<'_>,
        precision: Precision,
        lora: &LoraConfig,
        optimizer: AdamWConfig,
        seed: u64,
    ) -> Result<Self, Error> {
        let options = LoadOptions {
            dtype: match precision {
                Precision::F32 => DType::F32,
                Precision::Bf16 => DType::BF16,
            },
            device: Device::Cpu,
        };
        let mut model = Qwen2::load(start.base, &options)?;
        if let Some(folder) = start.adapter {
            let found = Adapter::load(folder)?;
            let config = found.config.with_dropout(lora.dropout);
            model.load_adapter(&Adapter::new(config, found.tensors), true)?;
        } else {
            model.attach_lora(lora, derive_seed(seed, "adapter"))?;
        }
        let decays = |_: &Var| true;
        Self::new(model, decays, optimizer, Workers::of_machine())
    }

    /// Creates an executor that trains all weights of a new network with AdamW, on as many threads as the machine has
    /// cores.
    pub fn of_network(
        network: Qwen2Config,
        optimizer: AdamWConfig,
        seed: u64,
    ) -> Result<Self, Error> {
        let model = Qwen2::init(network, seed, &Device::Cpu)?;
        let decays = |variable: &Var| variable.rank() > 1;
        Self::new(model, decays, optimizer, Workers::of_machine())
    }

    /// Creates an executor that trains the variables of `model` with AdamW. Weight decay applies where `decays` returns
    /// true.
    pub fn new(
        model: Qwen2,
        decays: impl Fn(&Var) -> bool,
        optimizer: AdamWConfig,
        workers: Workers,
    ) -> Result<Self, Error> {
        let variables = model.variables().to_vec();
        let mut values = Vec::with_capacity(variables.len());
        for (name, variable) in &variables {
            values.push(Values {
                name: name.clone(),
                shape: variable.dims().to_vec(),
                data: flat(variable)?,
                decay: decays(variable),
            });
        }
        Ok(Self {
            model,
            variables: variables
                .into_iter()
                .map(|(_, variable)| variable)
                .collect(),
            optimizer: Box::new(AdamW::new(optimizer, &values)),
            values,
            gradients: Vec::new(),
            workers,
        })
    }

    /// Model with its current parameters.
    pub fn model(&self) -> &Qwen2 {
        &self.model
    }

    /// Accumulated gradients for the next step, in the order of the parameters; empty where there are none.
    pub fn gradients(&self) -> &[Vec<f32>] {
        &self.gradients
    }

    /// Copies the updated values into the network's variables.
    fn publish(&self) -> Result<(), Error> {
        for (variable, values) in self.variables.iter().zip(&self.values) {
            let tensor = Tensor::from_slice(&values.data, variable.shape(), variable.device())?;
            variable.set(&tensor.to_dtype(variable.dtype())?)?;
        }
        Ok(())
    }
}

impl Executor for ReferenceExecutor {
    fn log_probs(
        &self,
        batches: &[Batch],
        progress: &dyn Progress,
        take: &mut dyn FnMut(usize, Vec<f32>),
    ) -> Result<(), Error> {
        let work = |index: usize| {
            if progress.interrupted() {
                return Err(Error::Stopped);
            }
            Ok(batch_log_probs(&self.model, &batches[index], None)?.to_vec1()?)
        };
        self.workers
            .ordered(batches.len(), work, |index, log_probs| {
                take(index, log_probs);
                Ok(())
            })
    }

    fn accumulate(
        &mut self,
        batches: &[Batch],
        dropout_seeds: &[u64],
        progress: &dyn Progress,
        loss: &LossOf<'_>,
    ) -> Result<Accumulated, Error> {
        let (model, variables, values) = (&self.model, &self.variables, &self.values);
        let work = |index: usize| {
            if progress.interrupted() {
                return Err(Error::Stopped);
            }
            let seed = dropout_seeds.get(index).copied();
            let log_probs = batch_log_probs(model, &batches[index], seed)?;
            let loss = loss(index, &log_probs.to_vec1::<f32>()?);
            let slope = Tensor::from_slice(&loss.gradient, log_probs.shape(), log_probs.device())?;
            // The gradient of this sum with respect to the log-probabilities is the slope itself.
            let gradients = gradients(&(log_probs * slope)?.sum_all()?, variables, values)?;
            Ok((loss.value, loss.figures, gradients))
        };
        let mut sum = Accumulated::default();
        let sums = &mut self.gradients;
        let done = self
            .workers
            .ordered(batches.len(), work, |_, (loss, figures, gradients)| {
                sum.loss += loss;
                add_figures(&mut sum.figures, &figures);
                add_gradients(sums, gradients);
                Ok(())
            });
        if let Err(error) = done {
            self.gradients.clear();
            return Err(error);
        }
        Ok(sum)
    }

    fn step(&mut self, rate: f64, max_norm: f64) -> Result<f64, Error> {
        let gradients = std::mem::take(&mut self.gradients);
        let norm = global_norm(&gradients);
        if norm.is_finite() {
            let update = Update {
                rate,
                gradient_factor: clip_factor(norm, max_norm),
            };
            self.optimizer.step(update, &mut self.values, &gradients);
            self.publish()?;
        }
        Ok(norm)
    }

    fn values(&self) -> Result<Cow<'_, [Values]>, Error> {
        Ok(Cow::Borrowed(&self.values))
    }

    fn adapter(&self, base: &str) -> Result<Adapter, Error> {
        Ok(self.model.adapter(base)?)
    }

    fn state(&self) -> Result<Vec<NamedTensor<'_>>, Error> {
        let parameters = self.values.iter().map(|values| NamedTensor {
            name: parameter_key(&values.name),
            dtype: safetensors::Dtype::F32,
            shape: values.shape.clone(),
            bytes: Cow::Borrowed(bytemuck::cast_slice(&values.data)),
        });
        Ok(parameters.chain(self.optimizer.state()).collect())
    }

    fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
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
        self.gradients.clear();
        self.publish()
    }
}

/// Computes d `loss` / d variable for all variables, flat.
fn gradients(loss: &Tensor, variables: &[Var], values: &[Values]) -> Result<Vec<Vec<f32>>, Error> {
    let store = loss.backward()?;
    variables
        .iter()
        .zip(values)
        .map(|(variable, values)| match store.get(variable) {
            Some(gradient) => flat(gradient),
            None => Err(Error::NoGradient {
                parameter: values.name.clone(),
            }),
        })
        .collect()
}

/// Adds `gradients` to `sums`, which may still be empty.
fn add_gradients(sums: &mut Vec<Vec<f32>>, gradients: Vec<Vec<f32>>) {
    if sums.is_empty() {
        *sums = gradients;
        return;
    }
    for (sum, gradient) in sums.iter_mut().zip(gradients) {
        for (sum, element) in sum.iter_mut().zip(gradient) {
            *sum += element;
        }
    }
}

fn parameter_key(name: &str) -> String {
    format!("parameter.{name}")
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>, Error> {
    Ok(tensor.flatten_all()?.to_dtype(DType::F32)?.to_vec1()?)
}

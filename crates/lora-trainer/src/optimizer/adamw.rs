//! AdamW with f32 moments, in torch's order of operations.

use std::borrow::Cow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Optimizer, Update, Values};
use persona_model::tensor_file::NamedTensor;

/// Elements that one parallel task updates.
const CHUNK: usize = 1 << 14;

/// Constants of AdamW.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    /// β₁: decay of the mean of gradients.
    pub beta1: f64,
    /// β₂: decay of the mean of squared gradients.
    pub beta2: f64,
    /// Epsilon: added to the divisor.
    pub epsilon: f64,
    /// Decoupled weight decay.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.01,
        }
    }
}

/// AdamW with f32 moments.
#[derive(Clone, Debug)]
pub struct AdamW {
    config: AdamWConfig,
    steps: usize,
    names: Vec<String>,
    means: Vec<Vec<f32>>,
    squares: Vec<Vec<f32>>,
}

impl AdamW {
    /// Creates the optimizer with zero moments for `parameters`.
    pub fn new(config: AdamWConfig, parameters: &[Values]) -> Self {
        let zeros = || parameters.iter().map(|p| vec![0.0; p.data.len()]).collect();
        Self {
            config,
            steps: 0,
            names: parameters.iter().map(|p| p.name.clone()).collect(),
            means: zeros(),
            squares: zeros(),
        }
    }
}

impl Optimizer for AdamW {
    fn step(&mut self, update: Update, parameters: &mut [Values], gradients: &[Vec<f32>]) {
        self.steps += 1;
        let factors = Factors::new(&self.config, self.steps, update);
        let moments = self.means.iter_mut().zip(&mut self.squares);
        for ((parameter, gradient), (mean, square)) in
            parameters.iter_mut().zip(gradients).zip(moments)
        {
            let keep = if parameter.decay { factors.keep } else { 1.0 };
            parameter
                .data
                .par_chunks_mut(CHUNK)
                .zip(gradient.par_chunks(CHUNK))
                .zip(mean.par_chunks_mut(CHUNK).zip(square.par_chunks_mut(CHUNK)))
                .for_each(|((values, gradient), (mean, square))| {
                    factors.apply(keep, values, gradient, mean, square);
                });
        }
    }

    fn state(&self) -> Vec<NamedTensor<'_>> {
        [("mean", &self.means), ("square", &self.squares)]
            .into_iter()
            .flat_map(|(kind, all)| self.names.iter().zip(all).map(move |pair| (kind, pair)))
            .map(|(kind, (name, values))| NamedTensor {
                name: format!("{kind}.{name}"),
                dtype: safetensors::Dtype::F32,
                shape: vec![values.len()],
                bytes: Cow::Borrowed(bytemuck::cast_slice(values)),
            })
            .collect()
    }

    fn restore<'a>(
        &mut self,
        steps: usize,
        tensor: &dyn Fn(&str) -> Option<&'a [u8]>,
    ) -> Result<(), String> {
        for (kind, all) in [("mean", &mut self.means), ("square", &mut self.squares)] {
            for (name, values) in self.names.iter().zip(all) {
                let name = format!("{kind}.{name}");
                match tensor(&name) {
                    Some(bytes) if bytes.len() == 4 * values.len() => {
                        bytemuck::cast_slice_mut(values).copy_from_slice(bytes);
                    }
                    _ => return Err(name),
                }
            }
        }
        self.steps = steps;
        Ok(())
    }

    fn bytes_per_parameter(&self) -> usize {
        8
    }
}

/// Factors of one step, rounded to f32 once.
struct Factors {
    mean_weight: f32,
    beta2: f32,
    square_weight: f32,
    gradient: f32,
    keep: f32,
    step_size: f32,
    root_correction: f32,
    epsilon: f32,
}

impl Factors {
    fn new(config: &AdamWConfig, steps: usize, update: Update) -> Self {
        let steps = steps as i32;
        Self {
            mean_weight: (1.0 - config.beta1) as f32,
            beta2: config.beta2 as f32,
            square_weight: (1.0 - config.beta2) as f32,
            gradient: update.gradient_factor,
            keep: (1.0 - update.rate * config.weight_decay) as f32,
            step_size: (update.rate / (1.0 - config.beta1.powi(steps))) as f32,
            root_correction: (1.0 - config.beta2.powi(steps)).sqrt() as f32,
            epsilon: config.epsilon as f32,
        }
    }

    fn apply(
        &self,
        keep: f32,
        values: &mut [f32],
        gradients: &[f32],
        means: &mut [f32],
        squares: &mut [f32],
    ) {
        let moments = means.iter_mut().zip(squares);
        for ((value, &gradient), (mean, square)) in values.iter_mut().zip(gradients).zip(moments) {
            let gradient = gradient * self.gradient;
            *mean += (gradient - *mean) * self.mean_weight;
            *square = *square * self.beta2 + gradient * gradient * self.square_weight;
            let divisor = square.sqrt() / self.root_correction + self.epsilon;
            *value = *value * keep - self.step_size * (*mean / divisor);
        }
    }
}

#[cfg(test)]
mod tests;

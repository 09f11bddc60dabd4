//! Settings of the training loop that all recipes share.

use std::time::Duration;

use crate::{
    checks::{at_least_one, positive, wrong},
    error::Error,
    schedule::Cosine,
    train::LoopSettings,
};

/// Settings that all recipes share. Each recipe keeps them among its own keys, with its own defaults and docs;
/// [`optimisation!`](crate::optimisation) copies them out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimisation {
    /// Largest number of tokens in one forward pass.
    pub micro_tokens: usize,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises from zero to its peak.
    pub warmup_ratio: f64,
    /// Largest gradient norm; longer gradients are scaled down to it.
    pub max_grad_norm: f64,
    /// Steps between two records in `metrics.jsonl`.
    pub log_every: usize,
    /// Steps between two evaluations.
    pub eval_every: usize,
    /// Steps between two checkpoints.
    pub save_every: usize,
}

/// Copies the [`Optimisation`] out of a configuration that has its keys.
#[macro_export]
macro_rules! optimisation {
    ($config:expr) => {
        $crate::optimisation::Optimisation {
            micro_tokens: $config.micro_tokens,
            learning_rate: $config.learning_rate,
            warmup_ratio: $config.warmup_ratio,
            max_grad_norm: $config.max_grad_norm,
            log_every: $config.log_every,
            eval_every: $config.eval_every,
            save_every: $config.save_every,
        }
    };
}

impl Optimisation {
    /// Refuses values that nothing can be trained with.
    pub fn check(&self) -> Result<(), Error> {
        at_least_one(&[
            ("micro_tokens", self.micro_tokens),
            ("log_every", self.log_every),
            ("eval_every", self.eval_every),
            ("save_every", self.save_every),
        ])?;
        positive("learning_rate", self.learning_rate)?;
        if !(0.0..=1.0).contains(&self.warmup_ratio) {
            return Err(wrong("warmup_ratio", &self.warmup_ratio, "from 0 to 1"));
        }
        Ok(())
    }

    /// Learning-rate schedule over `steps` steps, falling to zero.
    pub fn schedule(&self, steps: usize) -> Cosine {
        Cosine::new(self.learning_rate, self.warmup_ratio, steps)
    }

    /// Settings of a loop of `steps` steps; the progress bar shows `label`.
    pub fn settings(&self, label: &'static str, steps: usize) -> LoopSettings {
        LoopSettings {
            label,
            steps,
            schedule: self.schedule(steps),
            max_grad_norm: self.max_grad_norm,
            log_every: self.log_every,
            eval_every: self.eval_every,
            save_every: self.save_every,
            save_interval: Duration::from_mins(3),
        }
    }
}

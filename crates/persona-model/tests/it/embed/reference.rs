//! The network's arithmetic in plain loops, without tensors.

use super::{HEADS, HIDDEN, LAYERS, Weights};

/// BERT written down as loops in f64.
pub(super) struct Reference(pub(super) Weights);

impl Reference {
    fn row(&self, name: &str, row: usize) -> Vec<f64> {
        let (shape, values) = &self.0[name];
        let width = *shape.last().unwrap();
        values[row * width..(row + 1) * width]
            .iter()
            .map(|value| f64::from(*value))
            .collect()
    }

    fn linear(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let bias = self.row(&format!("{name}.bias"), 0);
        (0..bias.len())
            .map(|out| {
                let weight = self.row(&format!("{name}.weight"), out);
                bias[out] + weight.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()
            })
            .collect()
    }

    fn norm(&self, name: &str, x: &[f64]) -> Vec<f64> {
        let count = x.len() as f64;
        let mean = x.iter().sum::<f64>() / count;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        let weight = self.row(&format!("{name}.weight"), 0);
        let bias = self.row(&format!("{name}.bias"), 0);
        (0..x.len())
            .map(|i| (x[i] - mean) / (variance + 1e-12).sqrt() * weight[i] + bias[i])
            .collect()
    }

    fn attend(&self, prefix: &str, hidden: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let project = |name: &str| -> Vec<Vec<f64>> {
            let name = format!("{prefix}.attention.self.{name}");
            hidden.iter().map(|x| self.linear(&name, x)).collect()
        };
        let (q, k, v) = (project("query"), project("key"), project("value"));
        let head = HIDDEN / HEADS;
        let mut output = vec![vec![0.0; HIDDEN]; hidden.len()];
        for (position, output) in output.iter_mut().enumerate() {
            for first in (0..HIDDEN).step_by(head) {
                let own = first..first + head;
                let scores: Vec<f64> = k
                    .iter()
                    .map(|k| {
                        let dot: f64 = own.clone().map(|i| q[position][i] * k[i]).sum();
                        (dot / (head as f64).sqrt()).exp()
                    })
                    .collect();
                let total: f64 = scores.iter().sum();
                for i in own {
                    output[i] = scores
                        .iter()
                        .zip(&v)
                        .map(|(score, v)| score / total * v[i])
                        .sum();
                }
            }
        }
        output
    }

    pub(super) fn forward(&self, ids: &[usize]) -> Vec<Vec<f64>> {
        let mut hidden: Vec<Vec<f64>> = ids
            .iter()
            .enumerate()
            .map(|(position, id)| {
                let word = self.row("embeddings.word_embeddings.weight", *id);
                let place = self.row("embeddings.position_embeddings.weight", position);
                let kind = self.row("embeddings.token_type_embeddings.weight", 0);
                self.norm("embeddings.LayerNorm", &sum(&sum(&word, &place), &kind))
            })
            .collect();
        for layer in 0..LAYERS {
            let prefix = format!("encoder.layer.{layer}");
            let attended = self.attend(&prefix, &hidden);
            for (x, attended) in hidden.iter_mut().zip(attended) {
                let mixed = self.linear(&format!("{prefix}.attention.output.dense"), &attended);
                *x = self.norm(
                    &format!("{prefix}.attention.output.LayerNorm"),
                    &sum(&mixed, x),
                );
                let wide: Vec<f64> = self
                    .linear(&format!("{prefix}.intermediate.dense"), x)
                    .into_iter()
                    .map(gelu)
                    .collect();
                let narrow = self.linear(&format!("{prefix}.output.dense"), &wide);
                *x = self.norm(&format!("{prefix}.output.LayerNorm"), &sum(&narrow, x));
            }
        }
        hidden
    }
}

pub(super) fn sum(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(l, r)| l + r).collect()
}

/// x · Φ(x), with the normal distribution integrated by Simpson's rule.
fn gelu(x: f64) -> f64 {
    let steps = 200;
    let density = |t: f64| (-t * t / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let width = x / f64::from(steps);
    let integral: f64 = (0..=steps)
        .map(|step| {
            let weight = match step {
                0 => 1.0,
                step if step == steps => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * density(f64::from(step) * width)
        })
        .sum();
    x * (0.5 + integral * width / 3.0)
}

pub(super) fn normalised(x: &[f64]) -> Vec<f32> {
    let length = x.iter().map(|x| x * x).sum::<f64>().sqrt();
    x.iter().map(|x| (x / length) as f32).collect()
}

//! Self-test: reads a written file back and compares it with the merged weights. A file that loads may still compute
//! nonsense.

use std::{ops::ControlFlow, path::Path};

use candle_core::{DType, Device, Tensor};
use persona_core::{ConversationForm, Progress, Sampling, Unit};
use persona_model::{
    GgufFile, KvCache, LoadOptions, Qwen2, Segments, Tokenizer, chatml, generate,
    tensors::EMBEDDING, weights::Checkpoint,
};
use safetensors::Dtype;

use crate::{
    config::{Quant, SelfTest},
    error::{Error, Result},
    report::SelfTestReport,
};

/// Messages of the fixed prompt; nobody wrote them.
const PROMPT: &[(&str, &str)] = &[
    ("u1", "anyone up for a round later?"),
    ("u2", "sure, after dinner :)"),
    ("u1", "nice!! who else is in"),
];

/// Token ids of the fixed prompt, and the logits of the merged weights for it.
struct MergedLogits {
    ids: Vec<u32>,
    /// Logits, `(positions, vocab)`.
    logits: Vec<Vec<f32>>,
}

/// Tests files against one merged checkpoint, which is loaded once, for the first file.
pub(crate) struct SelfTester<'a> {
    merged: &'a Path,
    form: &'a ConversationForm,
    limits: &'a SelfTest,
    reference: Option<MergedLogits>,
}

impl<'a> SelfTester<'a> {
    pub(crate) fn new(merged: &'a Path, form: &'a ConversationForm, limits: &'a SelfTest) -> Self {
        Self {
            merged,
            form,
            limits,
            reference: None,
        }
    }

    /// Tests the file at `path`, which will be called `name`.
    pub(crate) fn test(
        &mut self,
        path: &Path,
        name: &str,
        quant: Quant,
        progress: &dyn Progress,
    ) -> Result<SelfTestReport> {
        let _task = progress.task(&format!("test {name}"), None, Unit::Things("tokens"));
        if self.reference.is_none() {
            self.reference = Some(reference(self.merged, self.form)?);
        }
        let reference = self.reference.as_ref().expect("set above");
        let fail = |message: String| Error::SelfTest {
            file: name.to_owned(),
            quant,
            message,
        };
        let tokenizer = Tokenizer::from_gguf(GgufFile::open(path)?.header())?;
        let ids = prompt_ids(&tokenizer, self.form);
        if ids != reference.ids {
            return Err(fail(format!(
                "its tokenizer gives {ids:?} for the test prompt, expected {:?}",
                reference.ids
            )));
        }
        let model = Qwen2::load_gguf(path)?;
        let logits = all_logits(&model, &ids)?;
        let text = greedy(&model, &tokenizer, &ids, self.limits.tokens)?;
        let report = compare(&reference.logits, &logits, text);
        let least = match quant {
            Quant::F32 | Quant::F16 | Quant::Bf16 => self.limits.min_cosine_float,
            Quant::Q8_0 => self.limits.min_cosine_q8_0,
            Quant::Q4KM => self.limits.min_cosine_q4_k_m,
        };
        // A NaN logit makes the cosine NaN, and this comparison false.
        if report.cosine >= least {
            return Ok(report);
        }
        Err(fail(format!(
            "its logits have a mean cosine of {:.6} with those of the merged weights, expected at least {least}",
            report.cosine
        )))
    }
}

fn reference(merged: &Path, form: &ConversationForm) -> Result<MergedLogits> {
    let tokenizer = Tokenizer::load(merged)?;
    // A bf16 checkpoint loses nothing when it is held as such, and takes half the memory.
    let stored = Checkpoint::open(merged)?.view(EMBEDDING.checkpoint, |view| view.dtype())?;
    let dtype = if stored == Dtype::BF16 {
        DType::BF16
    } else {
        DType::F32
    };
    let model = Qwen2::load(
        merged,
        &LoadOptions {
            dtype,
            device: Device::Cpu,
        },
    )?;
    let ids = prompt_ids(&tokenizer, form);
    Ok(MergedLogits {
        logits: all_logits(&model, &ids)?,
        ids,
    })
}

fn prompt_ids(tokenizer: &Tokenizer, form: &ConversationForm) -> Vec<u32> {
    let mut messages = vec![form.system_message()];
    messages.extend(
        PROMPT
            .iter()
            .map(|(author, text)| form.context_message(author, text)),
    );
    chatml::encode(tokenizer, &messages, chatml::Form::Prompt).ids
}

fn all_logits(model: &Qwen2, ids: &[u32]) -> Result<Vec<Vec<f32>>> {
    let hidden = model.forward(ids, &Segments::packed(&[ids.len()]), None, None)?; // (tokens, hidden)
    let logits: Tensor = model
        .logits(&hidden)?
        .to_dtype(DType::F32)
        .map_err(persona_model::Error::from)?; // (tokens, vocab)
    Ok(logits.to_vec2().map_err(persona_model::Error::from)?)
}

fn greedy(model: &Qwen2, tokenizer: &Tokenizer, ids: &[u32], tokens: usize) -> Result<String> {
    let specials = tokenizer.specials();
    let stop = [specials.im_end, specials.end_of_text];
    let mut cache = KvCache::new(model.config());
    let go_on = &mut |_| ControlFlow::Continue(());
    let reply = generate(
        model,
        &mut cache,
        ids,
        &Sampling::greedy(tokens),
        0,
        &stop,
        go_on,
    )?;
    Ok(tokenizer.decode(&reply))
}

fn compare(expected: &[Vec<f32>], found: &[Vec<f32>], text: String) -> SelfTestReport {
    let positions = expected.len();
    let mut report = SelfTestReport {
        positions,
        cosine: 0.0,
        kl: 0.0,
        max_difference: 0.0,
        same_argmax: 0.0,
        text,
    };
    for (expected, found) in expected.iter().zip(found) {
        report.cosine += cosine(expected, found);
        report.kl += divergence(expected, found);
        let differences = expected
            .iter()
            .zip(found)
            .map(|(left, right)| f64::from((left - right).abs()));
        report.max_difference = differences.fold(report.max_difference, f64::max);
        if argmax(expected) == argmax(found) {
            report.same_argmax += 1.0;
        }
    }
    for mean in [&mut report.cosine, &mut report.kl, &mut report.same_argmax] {
        *mean /= positions as f64;
    }
    report
}

fn cosine(left: &[f32], right: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(x, y)| f64::from(*x) * f64::from(*y))
            .sum()
    };
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

/// Kullback-Leibler divergence Σ p · (ln p − ln q), in nats, of two rows of logits.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let (p_sum, q_sum) = (log_sum_exp(p), log_sum_exp(q));
    let term = |(p, q): (&f32, &f32)| {
        let (p, q) = (f64::from(*p) - p_sum, f64::from(*q) - q_sum);
        p.exp() * (p - q)
    };
    p.iter().zip(q).map(term).sum()
}

fn log_sum_exp(logits: &[f32]) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits
        .iter()
        .map(|logit| f64::from(logit - max).exp())
        .sum();
    f64::from(max) + sum.ln()
}

fn argmax(logits: &[f32]) -> Option<usize> {
    (0..logits.len()).max_by(|&left, &right| logits[left].total_cmp(&logits[right]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_logits_are_equal_in_every_figure() {
        let logits = vec![vec![0.5, -1.0, 2.0], vec![3.0, 0.0, 1.0]];
        let report = compare(&logits, &logits, String::new());
        assert!((report.cosine - 1.0).abs() < 1e-12 && report.kl.abs() < 1e-12);
        assert_eq!(
            (report.max_difference, report.same_argmax, report.positions),
            (0.0, 1.0, 2)
        );
    }

    #[test]
    fn the_divergence_of_two_coins_is_what_the_formula_says() {
        // p = (3/4, 1/4), q = (1/2, 1/2): ln 2 · (1 − H₂(1/4)).
        let p = [3.0_f32.ln(), 0.0];
        let expected = 0.75 * 1.5_f64.ln() + 0.25 * 0.5_f64.ln();
        assert!((divergence(&p, &[0.0, 0.0]) - expected).abs() < 1e-6);
    }

    #[test]
    fn a_logit_that_is_no_number_never_passes() {
        let report = compare(&[vec![1.0, 2.0]], &[vec![f32::NAN, 2.0]], String::new());
        assert!(report.cosine.is_nan(), "no limit is reached by it");
    }
}

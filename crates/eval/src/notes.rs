//! Notes in a report that the reader should know before trusting its figures.

use persona_core::Split;

use crate::{
    config::{Config, Inputs},
    data::Data,
    report::{Counts, PerModel, Scores},
};

/// Number of targets below which the intervals are too wide for comparisons.
const FEW_TARGETS: usize = 30;

/// Collects all warnings, the most serious first.
pub(crate) fn notes(
    config: &Config,
    inputs: &Inputs,
    data: &Data,
    counts: &Counts,
    bits: &PerModel,
    scores: &Scores,
) -> Vec<String> {
    let mut notes = Vec::new();
    if data.split == Split::Validation {
        notes.push(
            "the test split has no targets, so the VALIDATION split was evaluated: training chose by it, and the figures flatter"
                .to_owned(),
        );
    }
    if counts.test_targets < FEW_TARGETS {
        notes.push(format!(
            "only {} targets: the intervals are wide, don't compare such figures",
            counts.test_targets
        ));
    }
    if worse(bits.quantized, bits.base) {
        notes.push(
            "the quantized file predicts the real replies worse than the base model".to_owned(),
        );
    }
    missing(inputs, counts, data, scores, &mut notes);
    if counts.scored < counts.test_targets {
        notes.push(format!(
            "perplexity is measured on {} of the {} targets (`eval.max_scored`)",
            counts.scored, counts.test_targets
        ));
    }
    if counts.generated < counts.scored {
        notes.push(format!(
            "replies were generated to {} of the {} targets (`eval.max_generated`)",
            counts.generated, counts.test_targets
        ));
    }
    if counts.empty > 0 {
        notes.push(format!(
            "{} of {} generated replies are empty",
            counts.empty, counts.generated
        ));
    }
    if counts.blind_test < config.blind_test {
        notes.push(format!(
            "the blind test has {0} generated and {0} real replies instead of {1} each: no prompt is shown twice",
            counts.blind_test, config.blind_test
        ));
    }
    notes
}

fn worse(found: Option<f64>, than: Option<f64>) -> bool {
    found.zip(than).is_some_and(|(found, than)| found > than)
}

fn missing(
    inputs: &Inputs,
    counts: &Counts,
    data: &Data,
    scores: &Scores,
    notes: &mut Vec<String>,
) {
    let mut note = |is: bool, text: &str| {
        if is {
            notes.push(text.to_owned());
        }
    };
    note(
        inputs.embedder.is_none(),
        "style is measured with mean hidden states of the base model, which mostly see length and topic; \
         configure a sentence embedding model for a figure to compare",
    );
    note(
        inputs.sft_adapter.is_none(),
        "no adapter of supervised fine-tuning was given: its figures are empty",
    );
    note(
        inputs.dpo_adapter.is_none(),
        "no adapter of preference training was given: its figures are empty",
    );
    note(
        data.pairs.is_empty(),
        "there are no held-out pairs: preference accuracy is empty",
    );
    note(
        counts.training_replies == 0,
        "the training split is empty: memorisation and the reference of perplexity have nothing to compare with",
    );
    let all = [
        scores.style,
        scores.length,
        scores.vocabulary,
        scores.detection,
    ];
    note(
        all.iter().any(Option::is_none),
        "some scores cannot be computed from so few or so short replies, and so there is no overall score",
    );
}

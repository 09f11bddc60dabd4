//! What people are told, whole.

use dpo::Error;
use persona_core::describe;

#[test]
fn errors() {
    let errors = [
        Error::Train(lora_trainer::Error::Interrupted {
            step: 31,
            folder: "runs/first/dpo".into(),
        }),
        Error::NothingToLearn {
            path: "pairs.jsonl".into(),
            pairs: 0,
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"
    interrupted after step 31; the checkpoint in `runs/first/dpo` is up to date
    hint: the same command goes on from there

    `pairs.jsonl` holds 0 preference pairs in the training split, expected at least 1
    hint: preference training learns from reactions: use the adapter of SFT as it is, or widen `positive_emoji` in the dataset section
    ");
}

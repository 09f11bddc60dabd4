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
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

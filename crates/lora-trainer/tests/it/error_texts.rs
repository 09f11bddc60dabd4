//! What people are told, whole.

use std::io;

use lora_trainer::Error;
use persona_core::{FileError, describe};

#[test]
fn errors() {
    let errors = [
        Error::File(FileError::write("checkpoint.safetensors".as_ref())(
            io::ErrorKind::StorageFull.into(),
        )),
        Error::Model(persona_model::Error::adapter(
            "runs/first/sft/adapter".as_ref(),
            "has no `r`",
        )),
        Error::Tensor(candle_core::Error::Msg("shapes do not match".to_owned())),
        Error::Config {
            key: "train.epochs",
            value: "0".to_owned(),
            expected: "at least 1",
        },
        Error::NothingToLearn {
            path: "conversations.jsonl".into(),
            what: "reply in the training split",
        },
        Error::Diverged {
            step: 31,
            what: "the loss",
            value: f64::NAN,
            rate: 2.5e-4,
        },
        Error::NoGradient {
            parameter: "layers.0.self_attn.q_proj.lora_A".to_owned(),
        },
        Error::Interrupted {
            step: 31,
            folder: "runs/first/sft".into(),
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

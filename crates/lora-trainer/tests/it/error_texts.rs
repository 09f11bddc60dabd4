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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    cannot write `checkpoint.safetensors`
    caused by: no storage space
    hint: the disk that holds `checkpoint.safetensors` is full: free some space and run the same command again, it goes on where it stopped

    adapter `runs/first/sft/adapter`: has no `r`
    hint: an adapter only fits the base model it was trained on

    a computation of the training step failed
    caused by: shapes do not match

    `train.epochs` is 0, expected at least 1

    `conversations.jsonl` holds no reply in the training split to learn from
    hint: look at the statistics of the dataset stage: they tell what was dropped and why

    training diverged at step 31: the loss is NaN at learning rate 2.5e-4
    hint: lower `learning_rate` or raise `warmup_ratio`; bf16 weights diverge sooner than f32

    no gradient reaches `layers.0.self_attn.q_proj.lora_A`

    interrupted after step 31; the checkpoint in `runs/first/sft` is up to date
    hint: the same command goes on from there
    ");
}

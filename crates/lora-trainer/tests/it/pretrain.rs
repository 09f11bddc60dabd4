//! A base model from scratch.

use lora_trainer::{
    Error,
    pretrain::{PretrainConfig, PretrainInputs, run},
};
use persona_core::{ConversationForm, Progress, Silent};
use persona_model::{LoadOptions, Qwen2, Tokenizer};

use test_support::Stopping;

use crate::support::toy_dataset;

const FILES: [&str; 6] = [
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "metrics.jsonl",
];

fn make(
    corpus: &std::path::Path,
    name: &str,
    progress: &dyn Progress,
) -> Result<(f64, f64), Error> {
    let config = PretrainConfig {
        vocabulary: 288,
        hidden_size: 32,
        intermediate_size: 64,
        layers: 2,
        heads: 2,
        key_value_heads: 1,
        steps: 30,
        batch_tokens: 512,
        sequence: 64,
        micro_tokens: 256,
        eval_every: 10,
        save_every: 4,
        log_every: 3,
        learning_rate: 1e-2,
        ..PretrainConfig::default()
    };
    let inputs = PretrainInputs {
        corpus: vec![corpus.to_owned()],
        out: corpus.join(name),
        form: ConversationForm::default(),
        seed: 1,
    };
    Ok(run(&config, &inputs, progress)?.held_out_loss.unwrap())
}

#[test]
fn learns_the_corpus_resumes_exactly_and_loads_again() {
    let folder = tempfile::tempdir().unwrap();
    toy_dataset(folder.path(), 60);
    let (before, after) = make(folder.path(), "whole", &Silent).unwrap();
    assert!(
        (before - 288_f64.ln()).abs() < 0.5,
        "an untrained model knows nothing: {before}"
    );
    assert!(
        after < 0.5 * before,
        "held-out loss {before} became {after}"
    );

    let error = make(folder.path(), "stopped", &Stopping::at(60)).unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error}");
    make(folder.path(), "stopped", &Silent).unwrap();
    for file in FILES {
        let read = |name: &str| std::fs::read(folder.path().join(name).join(file)).unwrap();
        assert!(read("whole") == read("stopped"), "{file} differs");
    }

    let model = Qwen2::load(&folder.path().join("whole"), &LoadOptions::cpu()).unwrap();
    let tokenizer = Tokenizer::load(&folder.path().join("whole")).unwrap();
    assert_eq!(model.config().vocab_size, tokenizer.vocab_size());
    assert_eq!(
        tokenizer.decode(&tokenizer.encode("it is blue")),
        "it is blue"
    );
}

//! Settings of an adapter that would change what it computes and that are not implemented.

use persona_core::{FileError, json::Document};
use serde_json::Value;

/// Hint for an adapter of a kind that cannot be run.
const MERGE_IN_PEFT: &str = "merge it in PEFT (`merge_and_unload()`, then `save_pretrained`), and give the merged folder as the base without an adapter";
/// Hint for an adapter whose initialisation changed the base.
const CONVERT_IN_PEFT: &str = "convert it in PEFT: `save_pretrained(…, path_initial_model_for_weight_conversion=…)` writes a plain LoRA adapter of twice the rank";

/// Keys that must be absent, null, false or empty, with the meaning of any other value.
const MUST_BE_UNSET: &[(&str, &str)] = &[
    ("use_dora", "DoRA scales whole columns"),
    ("fan_in_fan_out", "Qwen2's matrices are not transposed"),
    ("lora_bias", "biases of the factors are not supported"),
    ("modules_to_save", "whole trained modules are not supported"),
    (
        "trainable_token_indices",
        "trained embeddings are not supported",
    ),
    ("layer_replication", "repeated layers are not supported"),
    (
        "target_parameters",
        "factors for bare parameters are not supported",
    ),
    (
        "alora_invocation_tokens",
        "adapters that a token switches on are not supported",
    ),
    ("use_qalora", "QALoRA pools its inputs"),
    ("use_bdlora", "block-diagonal factors are not supported"),
    ("arrow_config", "routing between adapters is not supported"),
    ("kasa_config", "KaSA changes the base's weights"),
    ("monteclora_config", "sampled factors are not supported"),
    ("velora_config", "projected inputs are not supported"),
];

/// Initialisations that leave the base unchanged: their factors are used like any others.
const PLAIN_INITIALISATIONS: [&str; 3] = ["gaussian", "eva", "orthogonal"];

/// Refuses, by its key, a setting that would compute something else than plain LoRA.
pub(super) fn check(file: &Document) -> Result<(), FileError> {
    if file.get("peft_type") != "LORA" {
        return Err(file.wrong("peft_type", "\"LORA\""));
    }
    for (key, meaning) in MUST_BE_UNSET {
        let unset = match file.get(key) {
            Value::Null | Value::Bool(false) => true,
            Value::Array(items) => items.is_empty(),
            Value::Object(entries) => entries.is_empty(),
            _ => false,
        };
        if !unset {
            let neutral = if file.get(key).is_boolean() {
                "false"
            } else {
                "null"
            };
            return Err(file.wrong_advised(key, &format!("{neutral}: {meaning}"), MERGE_IN_PEFT));
        }
    }
    let bias = file.get("bias");
    if !bias.is_null() && bias != "none" {
        let expected = "\"none\": trained biases are not supported";
        return Err(file.wrong_advised("bias", expected, MERGE_IN_PEFT));
    }
    let start = file.get("init_lora_weights");
    let plain = match start {
        Value::Null | Value::Bool(_) => true,
        other => other
            .as_str()
            .is_some_and(|name| PLAIN_INITIALISATIONS.contains(&name)),
    };
    if !plain {
        let expected = "true, false, \"gaussian\", \"eva\" or \"orthogonal\": others take a part out of the base's weights, so that the factors do not fit the base as it was published";
        return Err(file.wrong_advised("init_lora_weights", expected, CONVERT_IN_PEFT));
    }
    Ok(())
}

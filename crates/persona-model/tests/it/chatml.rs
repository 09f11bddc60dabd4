//! ChatML against transformers' rendering, and the properties that the rest of Persona relies on.

use candle_core::{Device, safetensors};
use persona_core::{ChatMessage, Role};
use persona_model::{
    chatml::{self, Cut, Encoded, Form},
    error::Error,
    tokenizer::Tokenizer,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::{
    fixtures::{fixture, read_json},
    tokenizer::{qwen, tiny_shared},
};

/// Text that Qwen2.5's template adds where there is no system message. Persona always writes it itself.
const DEFAULT_SYSTEM: &str = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

/// The messages of a golden conversation, as the template sees them.
fn messages(value: &Value) -> Vec<ChatMessage> {
    let mut messages: Vec<ChatMessage> = serde_json::from_value(value.clone()).unwrap();
    if messages[0].role != Role::System {
        messages.insert(0, ChatMessage::system(DEFAULT_SYSTEM));
    }
    messages
}

fn ids(value: &Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).unwrap()
}

/// The trained ids as text, control tokens by name.
fn trained(tok: &Tokenizer, encoded: &Encoded) -> String {
    let kept = encoded
        .ids
        .iter()
        .zip(&encoded.mask)
        .filter(|(_, mask)| **mask);
    kept.map(|(id, _)| {
        if *id == tok.specials().im_end {
            "<|im_end|>".to_owned()
        } else {
            tok.decode(&[*id])
        }
    })
    .collect()
}

#[test]
fn example_and_prompt_id_by_id() {
    let tok = tiny_shared();
    let messages = [ChatMessage::system("s"), ChatMessage::reply("a b")];
    let specials = tok.specials();
    let one = |text: &str| tok.encode(text);
    let mut expected = vec![specials.im_start];
    expected.extend(one("system\n"));
    expected.extend(one("s"));
    expected.push(specials.im_end);
    expected.extend(one("\n"));
    let mut prompt = expected.clone();
    prompt.push(specials.im_start);
    prompt.extend(one("assistant\n"));
    let trained_from = prompt.len();
    let mut example = prompt.clone();
    example.extend(one("a b"));
    example.push(specials.im_end);
    example.extend(one("\n"));

    let encoded = chatml::encode(tok, &messages, Form::Example);
    assert_eq!(encoded.ids, example);
    let mask: Vec<bool> = (0..example.len())
        .map(|index| index >= trained_from)
        .collect();
    assert_eq!(encoded.mask, mask);
    assert_eq!(trained(tok, &encoded), "a b<|im_end|>\n");
    let asked = chatml::encode(tok, &messages[..1], Form::Prompt);
    assert_eq!(asked.ids, prompt);
    assert_eq!(asked.mask, vec![false; prompt.len()]);
}

#[test]
fn only_a_reply_at_the_end_is_trained_on() {
    let tok = tiny_shared();
    let mut messages = vec![
        ChatMessage::reply("first"),
        ChatMessage::user("u1: why"),
        ChatMessage::reply("second"),
    ];
    let encoded = chatml::encode(tok, &messages, Form::Example);
    assert_eq!(trained(tok, &encoded), "second<|im_end|>\n");
    messages.push(ChatMessage::user("u2: ok"));
    let encoded = chatml::encode(tok, &messages, Form::Example);
    assert_eq!(trained(tok, &encoded), "");
}

#[test]
fn agrees_with_trl_on_the_training_batch() {
    let tok = tiny_shared();
    let batch = safetensors::load(fixture("sft/batch.safetensors"), &Device::Cpu).unwrap();
    let rows = |name: &str| batch[name].to_vec2::<i64>().unwrap();
    let attention = rows("attention_mask");
    let (inputs, labels) = (rows("input_ids"), rows("labels_completion_only"));
    let conversations = read_json("sft/sft.json")["conversations"].clone();
    for (row, conversation) in conversations.as_array().unwrap().iter().enumerate() {
        let encoded = chatml::encode(tok, &messages(conversation), Form::Example);
        let length = attention[row].iter().sum::<i64>() as usize;
        let expected: Vec<u32> = inputs[row][..length].iter().map(|id| *id as u32).collect();
        let mask: Vec<bool> = labels[row][..length]
            .iter()
            .map(|label| *label != -100)
            .collect();
        assert_eq!(encoded.ids, expected, "row {row}");
        assert_eq!(encoded.mask, mask, "row {row}");
    }
}

fn has_control_text(messages: &[ChatMessage]) -> bool {
    messages
        .iter()
        .any(|message| message.content.contains("<|"))
}

/// Whether transformers would merge the content's first whitespace with the newline of the header.
fn begins_with_newline(messages: &[ChatMessage]) -> bool {
    messages.iter().any(|message| {
        let rest = message.content.trim_start();
        message.content[..message.content.len() - rest.len()].contains(['\n', '\r'])
    })
}

#[test]
#[ignore = "needs PERSONA_QWEN_TOKENIZER, a folder with Qwen2.5's tokenizer.json"]
fn qwen_ids_and_masks_agree_with_transformers() {
    let tok = qwen();
    let cases = read_json("chat/chat.json")["cases"].clone();
    let mut compared = 0;
    for case in cases.as_array().unwrap() {
        let name = &case["name"];
        let messages = messages(&case["messages"]);
        let example = chatml::encode(&tok, &messages, Form::Example);
        let prompt = chatml::encode(&tok, &messages, Form::Prompt);
        if has_control_text(&messages) || begins_with_newline(&messages) {
            assert_ne!(example.ids, ids(&case["ids"]), "{name}");
            continue;
        }
        assert_eq!(example.ids, ids(&case["ids"]), "{name}");
        assert_eq!(
            prompt.ids,
            ids(&case["ids_with_generation_prompt"]),
            "{name}"
        );
        let start = case["completion_start_last_turn"].as_u64();
        let start = start.map_or(example.ids.len(), |start| start as usize);
        let mask: Vec<bool> = (0..example.ids.len()).map(|index| index >= start).collect();
        assert_eq!(example.mask, mask, "{name}");
        compared += 1;
    }
    assert!(compared >= 8, "only {compared} cases were compared");
}

fn conversation() -> impl Strategy<Value = Vec<ChatMessage>> {
    let content = prop_oneof![
        "[a-z ]{0,20}",
        "\\PC{0,12}",
        prop::sample::select(vec![
            "",
            "\n",
            "\n\nhi",
            "done\t \n",
            "<|im_end|>\n<|im_start|>system\n",
            "é😀\u{301}"
        ])
        .prop_map(str::to_owned),
    ];
    let role = prop_oneof![Just(Role::System), Just(Role::User), Just(Role::Assistant)];
    let message = (role, content).prop_map(|(role, content)| ChatMessage { role, content });
    prop::collection::vec(message, 0..7)
}

fn control_count(tok: &Tokenizer, encoded: &Encoded) -> usize {
    encoded
        .ids
        .iter()
        .filter(|id| tok.added_ids().contains(id))
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_prompt_is_its_messages_one_by_one(messages in conversation()) {
        let tok = tiny_shared();
        let mut expected: Vec<u32> = messages
            .iter()
            .flat_map(|message| chatml::message_ids(tok, message))
            .collect();
        prop_assert_eq!(&chatml::encode(tok, &messages, Form::Example).ids, &expected);
        expected.extend(chatml::reply_header(tok));
        let prompt = chatml::encode(tok, &messages, Form::Prompt);
        prop_assert_eq!(control_count(tok, &prompt), 2 * messages.len() + 1);
        prop_assert_eq!(prompt.ids, expected);
    }

    #[test]
    fn a_prompt_is_a_prefix_of_its_example(messages in conversation(), reply in "\\PC{0,12}|\n\n?[a-z]*") {
        let tok = tiny_shared();
        let prompt = chatml::encode(tok, &messages, Form::Prompt).ids;
        let mut whole = messages;
        whole.push(ChatMessage::reply(&reply));
        let example = chatml::encode(tok, &whole, Form::Example);
        prop_assert!(example.ids.starts_with(&prompt));
        prop_assert!(example.mask[..prompt.len()].iter().all(|trained| !trained));
        prop_assert!(example.mask[prompt.len()..].iter().all(|trained| *trained));
    }

    #[test]
    fn fitting_fits_and_cuts_nothing_without_need(
        messages in conversation(),
        max_tokens in 0_usize..150,
        form in prop_oneof![Just(Form::Example), Just(Form::Prompt)],
    ) {
        let tok = tiny_shared();
        let whole = chatml::encode(tok, &messages, form);
        match chatml::encode_fitting(tok, &messages, max_tokens, form) {
            Ok(fitted) => {
                let encoded = &fitted.encoded;
                prop_assert!(encoded.ids.len() <= max_tokens);
                prop_assert_eq!(encoded.ids.len(), encoded.mask.len());
                if whole.ids.len() <= max_tokens {
                    prop_assert_eq!(encoded, &whole);
                    prop_assert_eq!(fitted.cut, Cut::default());
                } else {
                    prop_assert_ne!(fitted.cut, Cut::default());
                }
                let trained = |encoded: &Encoded| encoded.mask.iter().filter(|mask| **mask).count();
                prop_assert_eq!(trained(&whole) - trained(encoded), fitted.cut.reply_tokens);
            }
            Err(Error::NoRoom { needed, .. }) => prop_assert!(needed > max_tokens),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn fitting_drops_the_oldest_context_then_its_beginning_then_the_end_of_the_reply() {
    let tok = tiny_shared();
    let messages = [
        ChatMessage::system("sys"),
        ChatMessage::user("u1: zyx wvu 123456"),
        ChatMessage::user("u2: zyx wvu 123456789"),
        ChatMessage::reply("qwertz 987654321"),
    ];
    let fit = |max_tokens| chatml::encode_fitting(tok, &messages, max_tokens, Form::Example);
    let of = |indices: &[usize]| {
        let kept: Vec<ChatMessage> = indices
            .iter()
            .map(|index| messages[*index].clone())
            .collect();
        chatml::encode(tok, &kept, Form::Example)
    };
    let (all, without_oldest, bare) = (of(&[0, 1, 2, 3]), of(&[0, 2, 3]), of(&[0, 3]));

    let fitted = fit(all.ids.len() - 1).unwrap();
    assert_eq!(fitted.encoded, without_oldest);
    assert_eq!(
        fitted.cut,
        Cut {
            messages: 1,
            ..Cut::default()
        }
    );

    let fitted = fit(without_oldest.ids.len() - 3).unwrap();
    assert_eq!(
        fitted.cut,
        Cut {
            messages: 1,
            context_tokens: 3,
            reply_tokens: 0
        }
    );
    let text = tok.decode(&fitted.encoded.ids);
    assert!(
        text.contains("123456789") && !text.contains("u2:"),
        "{text}"
    );

    let fitted = fit(bare.ids.len()).unwrap();
    assert_eq!(fitted.encoded, bare);
    assert_eq!(
        fitted.cut,
        Cut {
            messages: 2,
            ..Cut::default()
        }
    );

    let fitted = fit(bare.ids.len() - 4).unwrap();
    assert_eq!(
        fitted.cut,
        Cut {
            messages: 2,
            context_tokens: 0,
            reply_tokens: 4
        }
    );
    assert_eq!(fitted.encoded.ids, bare.ids[..bare.ids.len() - 4]);
    assert_eq!(trained(tok, &fitted.encoded), "qwertz 9876543");

    insta::assert_snapshot!(
        fit(5).unwrap_err(),
        @"a prompt without any context takes 10 tokens, but only 5 are allowed"
    );
}

#[test]
fn a_cut_context_begins_with_a_whole_character() {
    let tok = tiny_shared();
    let messages = [ChatMessage::user(&format!("u1: {}", "😀".repeat(8)))];
    let whole = chatml::encode(tok, &messages, Form::Prompt).ids.len();
    for spared in 1..12 {
        let fitted = chatml::encode_fitting(tok, &messages, whole - spared, Form::Prompt).unwrap();
        let text = tok.decode(&fitted.encoded.ids);
        assert!(!text.contains('\u{FFFD}'), "{spared}: {text:?}");
    }
}

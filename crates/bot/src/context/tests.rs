use std::path::{Path, PathBuf};

use persona_conversation::Person;
use persona_engine::{Engine, EngineConfig, ModelSource, Request, Sampling};
use persona_model::chatml::{self, Form};
use proptest::prelude::*;

use super::*;

const ME: Id = 900;
const MINUTE_MS: i64 = 60_000;

fn people() -> People {
    let person = |id, pseudonym: &str| Person {
        id,
        pseudonym: pseudonym.to_owned(),
        name: format!("name{id}"),
        display_name: format!("Name {id}"),
        is_bot: id == ME,
        opted_out: false,
    };
    [
        person(1, "u1"),
        person(2, "u2"),
        person(3, "u3"),
        person(ME, "u0"),
    ]
    .into_iter()
    .collect()
}

fn said(message_id: Id, author_id: Id, minute: i64, reply_to: Option<Id>) -> RememberedMessage {
    RememberedMessage {
        message_id,
        channel_id: 5,
        author_id,
        timestamp_ms: minute * MINUTE_MS,
        content: format!("text {message_id}"),
        reply_to,
    }
}

fn context(memory: &[RememberedMessage], message: Id) -> Option<Context> {
    let (form, config, people) = (ConversationForm::default(), BotConfig::default(), people());
    let builder = Builder {
        form: &form,
        config: &config,
        people: &people,
        me: ME,
    };
    builder.build(memory, message)
}

fn read(context: &Context, retrieved: &[Turn]) -> Vec<String> {
    let form = ConversationForm::default();
    let prompt = context.prompt(&form, retrieved);
    assert_eq!(prompt[0].content, form.system_prompt);
    prompt[1..]
        .iter()
        .map(|message| message.content.clone())
        .collect()
}

#[test]
fn turns_are_those_of_training_and_the_answered_message_is_last() {
    let memory = [
        said(10, 1, 0, None),
        said(11, 1, 1, None),
        said(12, 2, 2, None),
        said(13, 3, 3, None),
    ];
    let context = context(&memory, 12).unwrap();
    assert_eq!(read(&context, &[]), ["u1: text 10\ntext 11", "u2: text 12"]);
    assert_eq!(context.message_ids().collect::<Vec<_>>(), [10, 11, 12]);
}

#[test]
fn silence_cuts_the_context_and_a_reply_reaches_back_over_it() {
    let memory = [
        said(10, 1, 0, None),
        said(11, 2, 1, Some(10)),
        said(20, 3, 100, None),
        said(21, 1, 101, Some(11)),
    ];
    let context = context(&memory, 21).unwrap();
    assert_eq!(
        read(&context, &[]),
        ["u3: text 20", "u1: text 10", "u2: text 11", "u1: text 21"]
    );
    assert_eq!(context.trunk.len(), 1);
}

#[test]
fn own_replies_stand_behind_what_they_answer() {
    // 11 came while the answer to 10 was being written.
    let memory = [
        said(10, 1, 0, None),
        said(11, 2, 1, None),
        said(12, ME, 2, Some(10)),
        said(13, ME, 2, Some(10)),
    ];
    let built = context(&memory, 11).unwrap();
    assert_eq!(
        read(&built, &[]),
        ["u1: text 10", "u0: text 12\ntext 13", "u2: text 11"]
    );
}

#[test]
fn answers_that_a_message_has_already_are_no_context_of_another_one() {
    let memory = [
        said(10, 1, 0, None),
        said(11, 2, 0, None),
        said(12, ME, 0, Some(10)),
        said(13, ME, 30, Some(10)),
    ];
    let built = context(&memory, 10).unwrap();
    assert_eq!(read(&built, &[]), ["u1: text 10"]);
}

#[test]
fn retrieved_messages_stand_where_a_new_message_moves_nothing() {
    let mut memory = vec![
        said(10, 1, 0, None),
        said(20, 2, 100, None),
        said(21, 3, 101, None),
        said(22, 1, 102, Some(10)),
    ];
    let built = context(&memory, 22).unwrap();
    let past = Turn {
        text: "long ago".to_owned(),
        ..built.branch[0].clone()
    };
    let first = read(&built, &[past]);
    assert_eq!(
        first,
        [
            "u2: text 20",
            "u3: text 21",
            "u1: long ago",
            "u1: text 10",
            "u1: text 22"
        ]
    );
    memory.push(said(23, 2, 103, None));
    let next = read(&context(&memory, 23).unwrap(), &[]);
    assert_eq!(next[..2], first[..2], "what stood in front stays there");
    assert_eq!(next[2..], ["u1: text 22", "u2: text 23"]);
}

#[test]
fn what_is_gone_is_not_answered() {
    assert_eq!(context(&[said(10, 1, 0, None)], 11), None);
}

#[test]
fn the_first_turn_of_the_context_changes_every_few_turns_only() {
    let (form, people) = (ConversationForm::default(), people());
    let config = BotConfig {
        context_turns_max: Some(8),
        ..BotConfig::default()
    };
    let builder = Builder {
        form: &form,
        config: &config,
        people: &people,
        me: ME,
    };
    let windows: Vec<usize> = (1..=14).map(|before| builder.window(before)).collect();
    assert_eq!(windows, [1, 2, 3, 4, 5, 6, 7, 8, 5, 6, 7, 8, 5, 6]);
    let longer = ConversationForm {
        context_turns: 9,
        ..form.clone()
    };
    let window = |context_turns_max, before| {
        let config = BotConfig {
            context_turns_max,
            ..BotConfig::default()
        };
        let builder = Builder {
            form: &longer,
            config: &config,
            people: &people,
            me: ME,
        };
        builder.window(before)
    };
    assert_eq!([9, 12, 13].map(|before| window(None, before)), [9, 12, 9]);
    assert_eq!(window(Some(8), 12), 9, "never less than in training");
}

#[test]
fn the_second_reply_of_a_channel_computes_only_what_is_new() {
    let fixtures = std::env::var_os("PERSONA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/fixtures"),
        PathBuf::from,
    );
    let engine = Engine::start(&EngineConfig::new(ModelSource::HuggingFace {
        base: fixtures.join("model"),
        adapter: None,
    }))
    .unwrap();
    let past = |text: &str| Turn {
        text: text.to_owned(),
        ..context(&[said(1, 3, 0, None)], 1).unwrap().branch[0].clone()
    };
    let reply = |prompt: Vec<ChatMessage>, conversation: Option<&str>| {
        let request = Request::new(prompt, Sampling::greedy(16));
        let request = match conversation {
            Some(conversation) => request.in_conversation(conversation),
            None => request,
        };
        engine.reply(request).unwrap()
    };
    // The question answers something of long ago, and another past message was looked up.
    let mut memory = vec![
        said(10, 1, 0, None),
        said(20, 2, 100, None),
        said(21, 3, 101, None),
        said(22, 1, 102, Some(10)),
    ];
    let first = context(&memory, 22).unwrap();
    assert_eq!((first.trunk.len(), first.branch.len()), (2, 2));
    reply(
        first.prompt(&ConversationForm::default(), &[past("it rained")]),
        Some("channel"),
    );
    memory.push(said(23, ME, 102, Some(22)));
    memory.push(said(24, 2, 103, None));
    let second = context(&memory, 24).unwrap();
    let prompt = second.prompt(&ConversationForm::default(), &[past("it snowed")]);
    let kept = reply(prompt.clone(), Some("channel"));
    let fresh = reply(prompt.clone(), None);
    assert_eq!((&kept.ids, &kept.text), (&fresh.ids, &fresh.text));
    assert_eq!(fresh.reused_tokens, 0);
    // The system prompt and all running turns of the first reply but its last one.
    let stable = chatml::encode(engine.tokenizer(), &prompt[..3], Form::Example);
    assert_eq!(second.trunk[..2], first.trunk);
    assert!(kept.reused_tokens >= stable.ids.len(), "{kept:?}");
    assert!(kept.reused_tokens < kept.prompt_tokens);
}

proptest! {
    /// Whatever was said: nothing later than the question, no message twice, never more than the longest context.
    #[test]
    fn contexts_are_bounded_and_of_the_past(
        rows in prop::collection::vec((0..4_usize, 0..40_i64, prop::option::of(0..60_u64)), 1..60),
        pick in 0..60_usize,
    ) {
        let authors = [1, 2, 3, ME];
        let asked = pick % rows.len();
        let mut minute = 0;
        let memory: Vec<RememberedMessage> = rows.iter().enumerate().map(|(index, &(author, gap, reply_to))| {
            minute += gap;
            // The bot answers others only.
            let author = if index == asked { author % 3 } else { author };
            said(100 + index as Id, authors[author], minute, reply_to.map(|id| 100 + id))
        }).collect();
        let asked = &memory[asked];
        let built = context(&memory, asked.message_id).unwrap();
        prop_assert!(built.trunk.len() < 8);
        prop_assert!(built.branch.len() <= 1 + conversation::ANSWERED_HOPS_MAX);
        let ids: Vec<Id> = built.message_ids().collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(unique.len(), ids.len());
        prop_assert_eq!(built.branch.last().unwrap().message_ids.last(), Some(&asked.message_id));
        for id in ids {
            let memory = memory.iter().find(|memory| memory.message_id == id).unwrap();
            prop_assert!(memory.message_id <= asked.message_id || memory.author_id == ME);
            prop_assert!(memory.author_id != ME || memory.reply_to.is_none_or(|to| to <= asked.message_id || memory.message_id <= asked.message_id));
        }
    }
}

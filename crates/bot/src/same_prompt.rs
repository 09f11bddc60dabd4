//! The bot's prompt for a message is the dataset's for a reply to it, whatever was said before.

use persona_core::{ChatMessage, Id};
use persona_store::RememberedMessage;
use proptest::prelude::*;

use crate::incoming;

mod history;
mod scene;

use history::{CHANNEL, History, Later, ME, Row, Text, history, id_of, messages};
use scene::{Scene, record};

/// Lays both prompts for an answer to one of the messages side by side; `None` where the dataset has none of them.
fn both(history: &History, pick: usize) -> Option<(Vec<ChatMessage>, Vec<ChatMessage>)> {
    let mut scene = Scene::new(history);
    scene.play(history);
    // Of those who opted out the dataset has nothing, but the bot answers them.
    let may_be_asked = |memory: &RememberedMessage| {
        memory.author_id != ME && !history.opted_out.contains(&memory.author_id)
    };
    let memory = scene.store.memory(CHANNEL, 1_000).unwrap();
    let asked: Vec<&RememberedMessage> = memory
        .iter()
        .filter(|memory| may_be_asked(memory))
        .collect();
    let asked = asked.iter().rev().nth(pick % asked.len().max(1))?;
    let message = scene.store.message(asked.message_id).unwrap().unwrap();
    let of_bot = scene.prompt_of_bot(message.id);
    Some((of_bot, scene.prompt_of_dataset(&message)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_bot_asks_what_the_model_was_trained_on(history in history(), pick in 0..10_usize) {
        if let Some((of_bot, of_dataset)) = both(&history, pick) {
            prop_assert_eq!(of_bot, of_dataset);
        }
    }
}

/// A message of a person a minute after the one before it, which stays as it is.
fn said(author: Id, answers: Option<usize>) -> Row {
    Row {
        author,
        minutes: 1,
        text: Text::Words,
        answers,
        answered: false,
        later: Later::Stays,
        live: true,
    }
}

#[test]
fn of_those_who_opted_out_only_the_question_is_read() {
    let rows = vec![
        said(1, None),
        said(2, None),
        said(1, None),
        said(2, None),
        said(1, Some(4)),
    ];
    let history = History {
        rows,
        opted_out: vec![1],
        context_turns: 5,
    };
    let mut scene = Scene::new(&history);
    scene.play(&history);
    let read: Vec<String> = scene.prompt_of_bot(id_of(4))[1..]
        .iter()
        .map(|message| message.content.clone())
        .collect();
    let expected = [
        "u2: first 1010 @someone\nfirst 1030 @someone",
        "u1: first 1040 @someone",
    ];
    assert_eq!(read, expected);
}

#[test]
fn what_is_answered_from_further_back_is_read_alike() {
    let mut rows = vec![said(1, None), said(2, Some(1))];
    rows.extend([3, 1, 2, 3].map(|author| said(author, None)));
    rows[2].minutes = 60;
    rows.push(said(1, Some(5)));
    let history = History {
        rows,
        opted_out: Vec::new(),
        context_turns: 3,
    };
    let (of_bot, of_dataset) = both(&history, 0).unwrap();
    let expected = [
        ("u2", 1_040),
        ("u3", 1_050),
        ("u1", 1_000),
        ("u2", 1_010),
        ("u1", 1_060),
    ];
    let turns = expected.map(|(author, id)| format!("{author}: first {id} @someone"));
    let read: Vec<&str> = of_bot[1..].iter().map(|turn| &*turn.content).collect();
    assert_eq!(read, turns);
    assert_eq!(of_bot, of_dataset);
}

#[test]
fn an_edit_of_a_message_that_was_not_seen_yet_is_left_to_catching_up() {
    let history = History {
        rows: vec![said(1, None), said(2, None)],
        opted_out: Vec::new(),
        context_turns: 5,
    };
    let mut scene = Scene::new(&history);
    scene.play(&history);
    let (missed, _) = messages(&[said(1, None), said(1, None), said(1, None)]).remove(2);
    incoming::edited(&scene.bot, &mut scene.store, &record(&missed)).unwrap();
    assert_eq!(scene.store.last_seen(CHANNEL).unwrap(), Some(id_of(1)));
    assert_eq!(scene.store.remembered(missed.id).unwrap(), None);
}

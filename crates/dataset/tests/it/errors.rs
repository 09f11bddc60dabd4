//! What users meet when there is too little, or the wrong thing, to work with.

use dataset::{Config, Error};
use persona_core::Hint;

use crate::history::{BOT, Heard, History, busy, liked, message};

#[test]
fn an_empty_store_says_so() {
    let history = History::new(2);
    let error = history.run(&Config::default()).unwrap_err();
    insta::assert_snapshot!(error, @"nothing to learn from: 0 messages, 0 kept, 0 conversations, none with a turn that answers another");
    assert!(error.hint().unwrap().contains("ingest more history"));
    assert!(!history.out().exists(), "nothing is written");
}

#[test]
fn one_message_answers_nothing() {
    let mut history = History::new(2);
    history.add([
        message(10, 1, 0, "hello?"),
        message(11, BOT, 1, "beep"),
        message(12, 2, 2, ""),
    ]);
    let error = history.run(&Config::default()).unwrap_err();
    insta::assert_snapshot!(error, @"nothing to learn from: 3 messages, 1 kept (left out: bot or webhook: 1, no text: 1), 1 conversations, none with a turn that answers another");
}

#[test]
fn a_missing_store_is_named() {
    let history = History::new(1);
    let mut inputs = history.inputs();
    inputs.store = history.out().join("missing.sqlite");
    let error = dataset::run(&Config::default(), &inputs, &Heard::default()).unwrap_err();
    assert!(error.to_string().contains("missing.sqlite"));
    assert!(error.hint().is_some());
}

#[test]
fn an_unknown_persona_lists_near_names() {
    let history = History::new(3);
    let config = Config {
        persona: vec!["nane2".to_owned()],
        ..Config::default()
    };
    let error = history.run(&config).unwrap_err();
    insta::assert_snapshot!(error, @"nobody in the store is called `nane2`");
    assert!(error.hint().unwrap().contains("`name2`"));
    let config = Config {
        persona: vec![BOT.to_string()],
        ..Config::default()
    };
    assert!(matches!(
        history.run(&config),
        Err(Error::UnusablePerson { .. })
    ));
}

#[test]
fn senseless_values_are_refused() {
    let history = History::new(1);
    let mut inputs = history.inputs();
    inputs.form.turn_gap_minutes = 60;
    let error = dataset::run(&Config::default(), &inputs, &Heard::default()).unwrap_err();
    insta::assert_snapshot!(error, @"`conversation.turn_gap_minutes` is 60, expected at most `silence_minutes`");
    let mut config = Config::default();
    config.balance.cap = f64::NAN;
    insta::assert_snapshot!(history.run(&config).unwrap_err(), @"`dataset.balance.cap` is `NaN`, expected more than 0 and at most 1");
    config = Config {
        validation_share: 0.2,
        ..Config::default()
    };
    insta::assert_snapshot!(history.run(&config).unwrap_err(), @"`dataset.validation_share` is `0.2`, expected at most 1 - `train_share`");
}

#[test]
fn few_authors_and_few_pairs_are_warned_about() {
    let warnings = |history: &History| {
        let heard = Heard::default();
        dataset::run(&Config::default(), &history.inputs(), &heard).unwrap();
        heard.warnings.into_inner().unwrap().join("\n")
    };
    let said = warnings(&busy(3));
    assert!(said.contains("3 authors"), "{said}");
    assert!(said.contains("preference pairs"), "{said}");

    let mut history = History::new(2);
    history.add((0..40).map(|index| {
        message(
            10 + index,
            1 + index % 2,
            index as i64 * 20,
            "one two three four",
        )
    }));
    let said = warnings(&history);
    assert!(said.contains("DPO has nothing to learn from"), "{said}");
    history.add([liked(1, message(9, 1, -1, "an opener is no reply"))]);
    assert!(warnings(&history).contains("no reply has a positive reaction"));
}

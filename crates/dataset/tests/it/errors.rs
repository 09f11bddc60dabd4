//! Errors and warnings for stores and settings that no dataset can be built from.

use dataset::Config;
use persona_core::describe;

use crate::history::{BOT, Heard, History, busy, liked, message};

#[test]
fn an_empty_store_says_so() {
    let history = History::new(2);
    let error = history.run(&Config::default()).unwrap_err();
    insta::assert_snapshot!(describe(&error), @"
    nothing to learn from: 0 messages, 0 kept, 0 conversations, none with a turn that answers another
    hint: a reply needs a turn by somebody before it in the same channel: ingest more history, allow more channels, raise `limit`, or set `openers = true` in [conversation]
    ");
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
    let folder = inputs.store.parent().unwrap().display().to_string();
    insta::assert_snapshot!(describe(&error).replace(&folder, "…"), @"
    cannot open the store `…/missing.sqlite`
    caused by: No such file or directory (os error 2)
    hint: run `cargo xtask ingest` first, or check the path of the store
    ");
}

#[test]
fn an_unknown_persona_lists_near_names() {
    let history = History::new(3);
    let config = Config {
        persona: vec!["nane2".to_owned()],
        ..Config::default()
    };
    let error = history.run(&config).unwrap_err();
    insta::assert_snapshot!(describe(&error), @"
    nobody in the store is called `nane2`
    hint: did you mean `name2`, `Name 2`, `name1`, `name3`?
    ");
    let config = Config {
        persona: vec![BOT.to_string()],
        ..Config::default()
    };
    insta::assert_snapshot!(describe(&history.run(&config).unwrap_err()), @"
    `900` cannot be the persona: it is a bot or webhook, and not in `dataset.keep_bots`
    hint: choose somebody else as `persona`
    ");
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
    insta::assert_snapshot!(warnings(&busy(3)), @"
    3 authors in the training split are too few, or too few of them have enough messages, to keep everybody at 12.0 % of it: the cap is 33.3 % instead
    only 63 preference pairs, 1000 or more are advisable: DPO will learn little
    ");

    let mut history = History::new(2);
    history.add((0..40).map(|index| {
        message(
            10 + index,
            1 + index % 2,
            index as i64 * 20,
            "one two three four",
        )
    }));
    insta::assert_snapshot!(warnings(&history), @"
    2 authors in the training split are too few, or too few of them have enough messages, to keep everybody at 12.0 % of it: the cap is 50.0 % instead
    the validation split is empty: 1 conversations are too few to share out
    the test split is empty: 1 conversations are too few to share out
    no reply has a positive reaction: there are no pairs, and DPO has nothing to learn from
    ");
    history.add([liked(1, message(9, 1, -1, "an opener is no reply"))]);
    insta::assert_snapshot!(warnings(&history), @"
    2 authors in the training split are too few, or too few of them have enough messages, to keep everybody at 12.0 % of it: the cap is 50.0 % instead
    the validation split is empty: 1 conversations are too few to share out
    the test split is empty: 1 conversations are too few to share out
    no reply has a positive reaction: there are no pairs, and DPO has nothing to learn from
    ");
}

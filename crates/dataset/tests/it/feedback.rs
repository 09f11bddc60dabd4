//! Pairs from feedback on the bot's replies.

use std::fs;

use dataset::{Config, Judged, Report, render_table};
use persona_core::{ChatMessage, ConversationForm, Id, PairRule, PreferencePair, Split, jsonl};
use persona_store::FeedbackRow;

use crate::history::{CHANNEL, History, MINUTE_MS, busy, message, reply};

/// Minute of the judged conversation, long after all others.
const LATER: i64 = 50_000;

/// A reply of the bot to message `reply_to`, sent in minute `minute` and judged.
fn said(message_id: Id, minute: i64, reply_to: Id, text: &str, votes: (u32, u32)) -> FeedbackRow {
    FeedbackRow {
        message_id,
        channel_id: CHANNEL,
        timestamp_ms: minute * MINUTE_MS,
        reply_to: Some(reply_to),
        prompt: vec![
            ConversationForm::default().system_message(),
            ChatMessage::user(&format!("u1: question {reply_to}")),
        ],
        reply: text.to_owned(),
        positive: votes.0,
        negative: votes.1,
        retracted: false,
    }
}

fn with(mut history: History, rows: impl IntoIterator<Item = FeedbackRow>) -> History {
    for row in rows {
        history.store().put_feedback(&row).unwrap();
    }
    history
}

/// Configuration with everything in the training split.
fn all_train() -> Config {
    Config {
        train_share: 1.0,
        validation_share: 0.0,
        ..Config::default()
    }
}

fn built(history: &History) -> (Report, Vec<PreferencePair>) {
    let report = history.run(&all_train()).unwrap();
    let pairs = jsonl::read::<PreferencePair>(&history.out().join("pairs.jsonl")).unwrap();
    let of_bot = pairs
        .into_iter()
        .filter(|pair| pair.rule == PairRule::Feedback);
    (report, of_bot.collect())
}

fn ids(pairs: &[PreferencePair]) -> Vec<(Id, Option<Id>)> {
    pairs
        .iter()
        .map(|pair| (pair.chosen_id, pair.rejected_id))
        .collect()
}

#[test]
fn without_judgements_nothing_is_different() {
    let plain = busy(4);
    plain.run(&Config::default()).unwrap();
    let silent = with(
        busy(4),
        [said(70, LATER, 1, "nobody cared about this", (0, 0))],
    );
    silent.run(&Config::default()).unwrap();
    for entry in fs::read_dir(plain.out()).unwrap() {
        let name = entry.unwrap().file_name();
        let [one, other] =
            [&plain, &silent].map(|history| fs::read(history.out().join(&name)).unwrap());
        assert!(one == other, "{} differs", name.display());
    }
    let text = fs::read_to_string(plain.out().join("statistics.json")).unwrap();
    assert!(!text.contains("feedback"));
}

#[test]
fn a_liked_reply_stands_against_a_disliked_one_to_the_same_prompt() {
    let history = with(
        busy(4),
        [
            said(70, LATER, 1, "a reply that was liked", (3, 1)),
            said(
                71,
                LATER,
                1,
                "a bad one that is quite a lot longer than the one that was liked by them",
                (0, 1),
            ),
            said(72, LATER, 2, "another reply, bad too", (0, 2)),
        ],
    );
    let (report, pairs) = built(&history);
    assert_eq!(ids(&pairs), [(70, Some(71))]);
    let pair = &pairs[0];
    assert_eq!(pair.prompt[1].content, "u1: question 1");
    assert_eq!(pair.chosen, [ChatMessage::reply("a reply that was liked")]);
    assert_eq!((pair.reactions, pair.split), (3, Split::Train));
    let expected = Judged {
        replies: 3,
        liked: 1,
        disliked: 2,
        alone: 1,
        ..Judged::default()
    };
    assert_eq!(report.statistics.feedback, expected);
    assert_eq!(report.statistics.pairs_by(PairRule::Feedback), 1);
    let table = render_table(&report.statistics);
    assert!(
        table.contains("\nfeedback             1      1           0     0\n"),
        "{table}"
    );
    assert!(
        table.contains("3 judged replies of the bot: 1 liked, 2 disliked"),
        "{table}"
    );
}

#[test]
fn else_the_nearest_length_of_the_same_channel_counts() {
    let mut history = busy(4);
    history.channel(6);
    let elsewhere = FeedbackRow {
        channel_id: 6,
        ..said(74, LATER, 5, "not here but the same", (0, 1))
    };
    let history = with(
        history,
        [
            said(70, LATER, 1, "five words and no more", (1, 0)),
            said(71, LATER, 2, "this has seven words all in all", (0, 1)),
            said(72, LATER, 3, "this has six words in it", (0, 1)),
            said(73, LATER, 4, "no", (0, 1)),
            elsewhere,
            said(75, LATER, 6, "ok then", (1, 0)),
        ],
    );
    let (report, pairs) = built(&history);
    assert_eq!(ids(&pairs), [(70, Some(72))]);
    assert_eq!(pairs[0].prompt[1].content, "u1: question 1");
    let judged = report.statistics.feedback;
    assert_eq!((judged.too_short, judged.alone), (1, 3));
}

/// History of a question and its replies. `joined` writes two minutes after the bot.
fn talk(joined: Id) -> History {
    let mut history = busy(4);
    let minute = LATER;
    history.add([
        message(60_000, 2, minute, "what shall we eat tonight then"),
        message(60_100, 3, minute + 1, "soup like every other thursday"),
        message(
            60_400,
            joined,
            minute + 5,
            "haha what did it just say there",
        ),
        reply(
            60_500,
            4,
            minute + 6,
            "i want noodles with extra chili",
            60_000,
        ),
        message(61_000, 1, minute + 100, "did anybody see my green hat"),
        message(61_200, 3, minute + 103, "lol the bot has no idea"),
    ]);
    history
}

#[test]
fn a_disliked_reply_stands_against_what_somebody_really_answered() {
    let retracted = FeedbackRow {
        retracted: true,
        ..said(
            60_200,
            LATER + 3,
            60_000,
            "eat the bot instead of this",
            (4, 0),
        )
    };
    let about_hats = said(
        61_100,
        LATER + 101,
        61_000,
        "hats are for heads only",
        (0, 1),
    );
    let history = with(talk(2), [retracted, about_hats]);
    let (report, pairs) = built(&history);
    // The reply right after the question, before the bot's. Messages after the bot's reply may be about the bot.
    assert_eq!(ids(&pairs), [(60_100, Some(60_200))]);
    let real = ChatMessage::reply("soup like every other thursday");
    assert_eq!(pairs[0].chosen, [real]);
    assert_eq!(pairs[0].prompt[1].content, "u1: question 60000");
    let judged = report.statistics.feedback;
    assert_eq!((judged.disliked, judged.alone), (2, 1));
}

#[test]
fn an_express_answer_counts_whenever_it_came() {
    let early = said(60_050, LATER, 60_000, "eat the bot instead of this", (0, 1));
    let (_, pairs) = built(&with(talk(2), [early]));
    assert_eq!(
        ids(&pairs),
        [(60_500, Some(60_050))],
        "the bot was faster than who came next"
    );
    let between = said(
        60_200,
        LATER + 3,
        60_000,
        "eat the bot instead of this",
        (0, 1),
    );
    let (_, pairs) = built(&with(talk(3), [between]));
    assert_eq!(
        ids(&pairs),
        [(60_500, Some(60_200))],
        "the turn before it goes on after it"
    );
}

#[test]
fn who_opted_out_and_what_is_not_allowed_stays_out() {
    let mut history = busy(4);
    history.channel(6);
    history.store().set_allowed(6, false).unwrap();
    history.store().set_opted_out(2, true).unwrap();
    let in_channel = |id, channel_id| FeedbackRow {
        channel_id,
        ..said(id, LATER, 1, "a reply that was liked", (1, 0))
    };
    let recalled = FeedbackRow {
        prompt: vec![ChatMessage::system("earlier:\nu2: their words")],
        ..said(72, LATER, 1, "a reply that was liked", (1, 0))
    };
    let rows = [
        in_channel(70, 6),
        in_channel(71, 12_345),
        recalled,
        said(73, LATER, 1, "even", (2, 2)),
        said(74, LATER, 9, "this one was not liked", (0, 1)),
    ];
    let (report, pairs) = built(&with(history, rows));
    assert_eq!(pairs, []);
    let expected = Judged {
        replies: 5,
        elsewhere: 2,
        opted_out: 1,
        undecided: 1,
        disliked: 1,
        alone: 1,
        ..Judged::default()
    };
    assert_eq!(report.statistics.feedback, expected);
}

/// A reply to a message of a split makes a pair of that split.
#[test]
fn a_pair_is_in_the_split_of_the_talk_it_comes_from() {
    let history = busy(4);
    let config = Config {
        train_share: 0.4,
        validation_share: 0.3,
        ..Config::default()
    };
    history.run(&config).unwrap();
    let talks: Vec<(Id, i64, Split)> = history
        .conversations()
        .iter()
        .map(|one| {
            (
                one.turns[2].message_ids[0],
                one.turns[2].timestamp_ms / MINUTE_MS,
                one.split,
            )
        })
        .collect();
    let rows = talks
        .iter()
        .enumerate()
        .flat_map(|(index, (id, minute, _))| {
            let index = index as Id * 2;
            [
                said(
                    70_000 + index,
                    *minute,
                    *id,
                    &format!("liked reply of talk {index}"),
                    (1, 0),
                ),
                said(
                    70_001 + index,
                    *minute,
                    *id,
                    &format!("disliked reply of talk {index}"),
                    (0, 1),
                ),
            ]
        });
    let unknown = (0..20).map(|index| {
        said(
            80_000 + index,
            LATER + index as i64,
            999_999,
            &format!("unknown talk number {index}"),
            (u32::from(index % 2 == 0), u32::from(index % 2 == 1)),
        )
    });
    let history = with(history, rows.chain(unknown));
    history.run(&config).unwrap();
    let pairs: Vec<PreferencePair> = jsonl::read(&history.out().join("pairs.jsonl")).unwrap();
    let of_bot: Vec<&PreferencePair> = pairs
        .iter()
        .filter(|pair| pair.rule == PairRule::Feedback)
        .collect();
    for pair in of_bot.iter().filter(|pair| pair.chosen_id < 80_000) {
        let (_, _, split) = talks[(pair.chosen_id as usize - 70_000) / 2];
        assert_eq!(pair.split, split, "{pair:?}");
    }
    assert_eq!(
        of_bot.iter().filter(|pair| pair.chosen_id < 80_000).count(),
        talks.len()
    );
    let of_one_talk: std::collections::BTreeSet<Split> = of_bot
        .iter()
        .filter(|pair| pair.chosen_id >= 80_000)
        .map(|pair| pair.split)
        .collect();
    assert_eq!(of_one_talk.len(), 1, "replies to one talk stay together");
}

//! Figures, and their table.

use dataset::{Config, DropRule, Statistics, render_table};
use persona_core::{MessageKind, Split};

use crate::history::{BOT, History, busy, message};

#[test]
fn shares_sum_to_one_and_nobody_is_above_the_cap() {
    let history = busy(14);
    let report = history.run(&Config::default()).unwrap();
    let statistics = &report.statistics;
    assert!(statistics.balance.cap_holds);
    let sum = |share: fn(&dataset::AuthorStatistics) -> f64| {
        statistics.authors.iter().map(share).sum::<f64>()
    };
    assert!((sum(|author| author.raw_share) - 1.0).abs() < 1e-9);
    assert!((sum(|author| author.realised_share) - 1.0).abs() < 1e-9);
    assert!(
        statistics.authors[0].raw_share > 0.4,
        "one author speaks most of the time"
    );
    for author in &statistics.authors {
        assert!(author.realised_share <= 0.12, "{author:?}");
    }
    let conversations = history.conversations();
    for conversation in &conversations {
        for turn in &conversation.turns {
            assert!(turn.copies <= 4);
            assert!(turn.copies == 0 || (turn.is_target && conversation.split == Split::Train));
        }
    }
    let copies: u32 = conversations
        .iter()
        .flat_map(|one| &one.turns)
        .map(|turn| turn.copies)
        .sum();
    assert_eq!(u64::from(copies), report.epoch);
}

#[test]
fn drops_are_counted_by_rule() {
    let mut history = History::new(3);
    let system = persona_core::Message {
        kind: MessageKind::System,
        ..message(20, 1, 1, "Joined the server.")
    };
    history.add((0..30).map(|index| {
        message(
            100 + index,
            1 + index % 3,
            100 + index as i64 * 2,
            "hi there",
        )
    }));
    history.add([
        system,
        message(21, BOT, 2, "beep"),
        message(22, 1, 3, "https://a.example"),
        message(23, 1, 4, ""),
    ]);
    let config = Config {
        train_share: 1.0,
        validation_share: 0.0,
        ..Config::default()
    };
    let report = history.run(&config).unwrap();
    let dropped = &report.statistics.dropped;
    for rule in [
        DropRule::System,
        DropRule::Bot,
        DropRule::LinkOnly,
        DropRule::Empty,
    ] {
        assert_eq!(dropped.get(&rule), Some(&1), "{rule:?}");
    }
    assert_eq!(dropped.len(), 4);
    assert_eq!(report.kept + dropped.values().sum::<u64>(), report.messages);
    let table = render_table(&report.statistics);
    assert!(table.contains("only links"), "{table}");
    assert!(table.contains("instead of 12.0 %"), "{table}");
}

#[test]
fn statistics_read_back() {
    let history = busy(20);
    let report = history.run(&Config::default()).unwrap();
    let text = std::fs::read_to_string(history.out().join("statistics.json")).unwrap();
    let read: Statistics = serde_json::from_str(&text).unwrap();
    let table = render_table(&read);
    assert_eq!(table, render_table(&report.statistics));
    assert!(table.contains("5 more"), "{table}");
    assert!(table.lines().all(|line| line.len() < 150), "{table}");
}

#[test]
fn a_persona_of_one_is_the_only_target() {
    let history = busy(5);
    let config = Config {
        persona: vec!["Name 2".to_owned()],
        ..Config::default()
    };
    let report = history.run(&config).unwrap();
    assert_eq!(report.authors, 1);
    for conversation in history.conversations() {
        for target in conversation.targets() {
            assert_eq!(conversation.turns[target].author, "u2");
        }
    }
}

#[test]
fn the_table_is_aligned() {
    let history = busy(3);
    let report = history.run(&Config::default()).unwrap();
    insta::assert_snapshot!(render_table(&report.statistics), @r#"
    messages                     480
    kept                         480  100.0 %
    conversations                 40
      without a target             0
    replies in the conversation    0
      to an earlier one, quoted    0
      to something unknown         0

    split       conversations  turns  targets  authors
    train                  37    444      407        3
    validation              2     24       22        3
    test                    1     12       11        3

    author  name   targets     raw  wanted  realised  copies  reactions  length
    u1      name1      280  63.6 %  12.0 %    33.4 %     136         84       8  at the cap
    u2      name2       80  18.2 %  11.6 %    33.4 %     136         12       8  at the cap
    u3      name3       80  18.2 %  11.6 %    33.2 %     135         36       8  at the cap
    407 training targets, 407 examples per epoch
    cap 33.3 % instead of 12.0 %: too few authors with enough messages; 3 authors at the cap, 0 at the most copies

    words and marks  5 %  25 %  50 %  75 %  95 %  most
    target             6     7     8     9    10    10
    context            8    25    40    40    40    40
    targets by turns of context: 1: 40, 2: 40, 3: 40, 4: 40, 5: 280

    pairs              all  train  validation  test
    same-context         0      0           0     0
    same-conversation   63     59           2     2
    63 liked replies: 0 too short, 0 without a counterpart, 0 more than wanted
    reactions (+ counts as praise): +👍 138
    "#);
}

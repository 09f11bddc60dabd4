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
    assert_eq!(read, report.statistics);
    let table = render_table(&read);
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

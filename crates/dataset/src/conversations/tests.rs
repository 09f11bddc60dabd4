use std::collections::BTreeMap;

use persona_conversation::Person;
use persona_core::Split;
use proptest::prelude::*;

use super::*;

const MINUTE_MS: i64 = 60_000;

fn people() -> People {
    (1..=4)
        .map(|id| Person {
            id,
            pseudonym: format!("u{id}"),
            name: format!("name{id}"),
            display_name: format!("Name {id}"),
            is_bot: false,
            opted_out: false,
        })
        .collect()
}

fn line(id: Id, author_id: Id, minute: i64, reply_to: Option<Id>) -> Line {
    Line {
        id,
        author_id,
        timestamp_ms: minute * MINUTE_MS,
        text: format!("text {id}"),
        reply_to,
        ..Line::default()
    }
}

fn assemble(
    lines: &[Line],
    form: &ConversationForm,
    persona: Option<&BTreeSet<Id>>,
) -> (Vec<BuiltConversation>, Replies) {
    let people = people();
    let marker = Marker {
        config: &Config::default(),
        form,
        seed: 1,
        people: &people,
        persona,
    };
    let mut replies = Replies::default();
    (marker.channel(9, lines, &mut replies), replies)
}

#[test]
fn a_reply_points_at_the_turn_it_answers() {
    let lines = [
        line(10, 1, 0, None),
        line(11, 1, 1, None),
        line(12, 2, 2, None),
        line(13, 3, 3, Some(11)),
        line(14, 3, 4, Some(99)),
    ];
    let (built, replies) = assemble(&lines, &ConversationForm::default(), None);
    let conversation = &built[0].conversation;
    assert_eq!((conversation.id, conversation.channel_id), (10, 9));
    let positions: Vec<_> = conversation
        .turns
        .iter()
        .map(|turn| turn.reply_to)
        .collect();
    assert_eq!(positions, [None, None, Some(0), None]);
    assert_eq!(conversation.turns[0].text, "text 10\ntext 11");
    assert_eq!(conversation.turns[0].message_ids, [10, 11]);
    let targets: Vec<_> = conversation.targets().collect();
    assert_eq!(targets, [1, 2, 3]);
    assert_eq!(
        replies,
        Replies {
            inside: 1,
            quoted: 0,
            unknown: 1
        }
    );
}

#[test]
fn an_answered_message_of_an_earlier_conversation_is_quoted_once() {
    let lines = [
        line(10, 1, 0, None),
        line(11, 1, 1, None),
        line(20, 2, 100, Some(11)),
        line(21, 3, 101, Some(11)),
        line(22, 4, 102, None),
    ];
    let (built, replies) = assemble(&lines, &ConversationForm::default(), None);
    assert_eq!(built.len(), 2);
    let conversation = &built[1].conversation;
    let shape: Vec<_> = conversation
        .turns
        .iter()
        .map(|turn| {
            (
                turn.message_ids.clone(),
                turn.quoted,
                turn.reply_to,
                turn.is_target,
            )
        })
        .collect();
    assert_eq!(
        shape,
        [
            (vec![11], true, None, false),
            (vec![20], false, Some(0), true),
            (vec![21], false, Some(0), true),
            (vec![22], false, None, true),
        ]
    );
    assert_eq!(
        conversation.id, 20,
        "the quoted turn does not begin the conversation"
    );
    assert_eq!(conversation.context(1, 5), [0]);
    assert_eq!(conversation.context(2, 5), [1, 0]);
    // The turn before it answers the quoted one.
    assert_eq!(conversation.context(3, 5), [1, 0, 2]);
    assert_eq!(
        replies,
        Replies {
            inside: 0,
            quoted: 2,
            unknown: 0
        }
    );
}

#[test]
fn what_a_quoted_message_answers_is_quoted_too_as_far_as_a_reply_reads_back() {
    let mut lines: Vec<Line> = (0..6)
        .map(|number: u64| {
            let author = number % 3 + 1;
            line(
                10 + number,
                author,
                100 * number as i64,
                number.checked_sub(1).map(|n| 10 + n),
            )
        })
        .collect();
    lines.push(line(16, 2, 501, Some(13)));
    let (built, replies) = assemble(&lines, &ConversationForm::default(), None);
    let conversation = &built[5].conversation;
    let shape: Vec<_> = conversation
        .turns
        .iter()
        .map(|turn| (turn.message_ids[0], turn.quoted, turn.reply_to))
        .collect();
    assert_eq!(
        shape,
        [
            (11, true, None),
            (12, true, Some(0)),
            (13, true, Some(1)),
            (14, true, Some(2)),
            (15, false, Some(3)),
            // From here, one more answer can be followed back than before: it is quoted again.
            (10, true, None),
            (11, true, Some(5)),
            (12, true, Some(6)),
            (13, true, Some(7)),
            (16, false, Some(8)),
        ]
    );
    assert_eq!(conversation.context(4, 5), [0, 1, 2, 3]);
    assert_eq!(conversation.context(9, 5), [4, 5, 6, 7, 8]);
    assert_eq!(replies.quoted, 6);
}

#[test]
fn openers_are_targets_only_when_asked_for() {
    let lines = [line(10, 1, 0, None), line(11, 2, 1, None)];
    let targets = |openers, persona: Option<&BTreeSet<Id>>| -> Vec<usize> {
        let form = ConversationForm {
            openers,
            ..ConversationForm::default()
        };
        assemble(&lines, &form, persona).0[0]
            .conversation
            .targets()
            .collect()
    };
    assert_eq!(targets(false, None), [1]);
    assert_eq!(targets(true, None), [0, 1]);
    assert_eq!(targets(true, Some(&BTreeSet::from([1]))), [0]);
}

fn history() -> impl Strategy<Value = Vec<Line>> {
    let row = (1..=4_u64, 0..50_i64, prop::option::of(0..40_u64));
    prop::collection::vec(row, 1..60).prop_map(|rows| {
        let mut minute = 0;
        rows.into_iter()
            .enumerate()
            .map(|(index, (author, gap, reply_to))| {
                minute += gap;
                line(
                    100 + index as Id,
                    author,
                    minute,
                    reply_to.map(|reply| 100 + reply),
                )
            })
            .collect()
    })
}

proptest! {
    /// Whatever is written later, every conversation stays one and keeps its split, and all its turns but the last stay
    /// as they are.
    #[test]
    fn growing_history_moves_no_conversation(lines in history(), cut in 1..60_usize) {
        let form = ConversationForm::default();
        let cut = cut.min(lines.len());
        let splits = |built: &[BuiltConversation]| -> BTreeMap<Id, Split> {
            built.iter().map(|one| (one.conversation.id, one.conversation.split)).collect()
        };
        let (before, _) = assemble(&lines[..cut], &form, None);
        let (after, _) = assemble(&lines, &form, None);
        let grown = splits(&after);
        for (id, split) in splits(&before) {
            prop_assert_eq!(grown.get(&id), Some(&split));
        }
        for (old, new) in before.iter().zip(&after) {
            let (old, new) = (&old.conversation.turns, &new.conversation.turns);
            prop_assert_eq!(&old[..old.len() - 1], &new[..old.len() - 1]);
        }
    }

    /// Every message is in exactly one turn that is not quoted, and replies point backwards.
    #[test]
    fn nothing_is_lost_or_doubled(lines in history()) {
        let (built, _) = assemble(&lines, &ConversationForm::default(), None);
        let turns = || built.iter().flat_map(|one| &one.conversation.turns);
        let ids: Vec<Id> = turns().filter(|turn| !turn.quoted).flat_map(|turn| turn.message_ids.clone()).collect();
        prop_assert_eq!(ids, lines.iter().map(|line| line.id).collect::<Vec<_>>());
        for one in &built {
            for (position, turn) in one.conversation.turns.iter().enumerate() {
                prop_assert!(turn.reply_to.is_none_or(|answered| answered < position));
                prop_assert!(!(turn.quoted && turn.is_target));
                prop_assert!(!turn.is_target || !one.conversation.context(position, 5).is_empty());
            }
        }
    }
}

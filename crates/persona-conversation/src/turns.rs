//! Consecutive messages of one author become one turn.

use std::ops::Range;

use persona_core::Id;

/// A message that passed the filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The message.
    pub id: Id,
    /// Who wrote it.
    pub author_id: Id,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub timestamp_ms: i64,
    /// The text, normalised.
    pub text: String,
    /// The message it answers.
    pub reply_to: Option<Id>,
    /// Reactions that praise.
    pub positive: u32,
    /// Whether there is any reaction at all.
    pub reacted: bool,
}

/// Splits `lines`, sorted by time, into turns.
///
/// A message goes on with the turn before it when the author is the same, at most `gap_ms` lie between them, and it
/// does not answer something else than the turn does.
pub(crate) fn turns(lines: &[Line], gap_ms: i64) -> Vec<Range<usize>> {
    let mut turns: Vec<Range<usize>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match turns.last_mut() {
            Some(turn) if goes_on(&lines[turn.clone()], line, gap_ms) => turn.end = index + 1,
            _ => turns.push(index..index + 1),
        }
    }
    turns
}

fn goes_on(turn: &[Line], line: &Line, gap_ms: i64) -> bool {
    let (Some(first), Some(last)) = (turn.first(), turn.last()) else {
        return false;
    };
    let same_answer = line.reply_to.is_none_or(|answered| {
        first.reply_to == Some(answered) || turn.iter().any(|own| own.id == answered)
    });
    last.author_id == line.author_id
        && line.timestamp_ms.saturating_sub(last.timestamp_ms) <= gap_ms
        && same_answer
}

/// Splits turns into conversations: nobody wrote for more than `silence_ms` between two of them.
pub(crate) fn conversations(
    lines: &[Line],
    turns: &[Range<usize>],
    silence_ms: i64,
) -> Vec<Range<usize>> {
    let mut conversations: Vec<Range<usize>> = Vec::new();
    for (index, turn) in turns.iter().enumerate() {
        let silence = index.checked_sub(1).map(|before| {
            let last = turns[before].end - 1;
            lines[turn.start]
                .timestamp_ms
                .saturating_sub(lines[last].timestamp_ms)
        });
        match conversations.last_mut() {
            Some(conversation) if silence.is_some_and(|silence| silence <= silence_ms) => {
                conversation.end = index + 1;
            }
            _ => conversations.push(index..index + 1),
        }
    }
    conversations
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (author, seconds, reply to) with ids from 1.
    fn lines(rows: &[(Id, i64, Option<Id>)]) -> Vec<Line> {
        rows.iter()
            .enumerate()
            .map(|(index, &(author_id, seconds, reply_to))| Line {
                id: index as Id + 1,
                author_id,
                timestamp_ms: seconds * 1_000,
                reply_to,
                ..Line::default()
            })
            .collect()
    }

    #[test]
    fn author_gap_and_answer_end_a_turn() {
        let lines = lines(&[
            (1, 0, None),
            (1, 60, None),
            (2, 61, Some(1)),
            (2, 62, Some(1)),
            (2, 63, Some(3)), // its own turn
            (2, 64, Some(2)), // another message
            (2, 65, None),
            (2, 126, None), // a second too late
        ]);
        assert_eq!(turns(&lines, 60_000), [0..2, 2..5, 5..7, 7..8]);
    }

    #[test]
    fn an_answer_does_not_go_on_with_a_turn_that_answers_nothing() {
        let lines = lines(&[(1, 0, None), (2, 1, None), (2, 2, Some(1))]);
        assert_eq!(turns(&lines, 60_000), [0..1, 1..2, 2..3]);
    }

    #[test]
    fn silence_ends_a_conversation() {
        // The silence counts from the last message of a turn.
        let lines = lines(&[(1, 0, None), (1, 50, None), (2, 110, None), (1, 171, None)]);
        let turns = turns(&lines, 55_000);
        assert_eq!(turns, [0..2, 2..3, 3..4]);
        assert_eq!(conversations(&lines, &turns, 60_000), [0..2, 2..3]);
        assert!(conversations(&[], &[], 60_000).is_empty());
    }
}

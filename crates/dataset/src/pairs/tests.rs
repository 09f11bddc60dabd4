use persona_core::{Conversation, Role, Split, Turn};

use super::*;

/// One turn per row: author, positive reactions, any reaction, answered position, text. Message ids are 100 + position.
type Row = (u64, u32, bool, Option<usize>, &'static str);

fn assembled(rows: &[Row]) -> BuiltConversation {
    let turns =
        rows.iter()
            .enumerate()
            .map(|(position, &(author, reactions, _, reply_to, text))| Turn {
                message_ids: vec![100 + position as Id],
                author: format!("u{author}"),
                text: text.to_owned(),
                timestamp_ms: position as i64 * 60_000,
                reply_to,
                is_target: position > 0,
                quoted: false,
                copies: 0,
                reactions,
            });
    BuiltConversation {
        conversation: Conversation {
            id: 100,
            channel_id: 9,
            split: Split::Test,
            turns: turns.collect(),
        },
        reacted: rows.iter().map(|row| row.2).collect(),
        author_ids: rows.iter().map(|row| row.0).collect(),
    }
}

fn pairs(rows: &[Row], config: &Config) -> (Vec<PreferencePair>, Liked) {
    let built = [assembled(rows)];
    let form = ConversationForm::default();
    let mut liked = Liked::default();
    let found = find(&built, config, &form, 1, &mut liked);
    (
        found
            .iter()
            .map(|pair| record(pair, &built, &form))
            .collect(),
        liked,
    )
}

fn sides(rows: &[Row]) -> Vec<(Id, Id, PairRule)> {
    let (pairs, _) = pairs(rows, &Config::default());
    pairs
        .iter()
        .map(|pair| (pair.chosen_id, pair.rejected_id.unwrap(), pair.rule))
        .collect()
}

#[test]
fn a_rival_reply_stands_against_the_liked_one() {
    let rows = [
        (1, 0, false, None, "who wants pizza tonight"),
        (2, 3, true, Some(0), "me me me always"),
        (3, 0, false, None, "so anyway the new game is out"),
        (4, 0, false, Some(0), "no"),
    ];
    assert_eq!(sides(&rows), [(101, 103, PairRule::SameContext)]);
    let (pairs, _) = pairs(&rows, &Config::default());
    assert_eq!(pairs[0].split, Split::Test);
    let roles: Vec<Role> = pairs[0].prompt.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::System, Role::User]);
    assert_eq!(pairs[0].prompt[1].content, "u1: who wants pizza tonight");
    assert_eq!(pairs[0].chosen, [ChatMessage::reply("me me me always")]);
    assert_eq!(pairs[0].rejected, [ChatMessage::reply("no")]);
}

#[test]
fn a_third_person_right_after_is_a_rival_too() {
    let mut rows = [
        (1, 0, false, None, "who wants pizza tonight"),
        (2, 1, true, None, "me me me always"),
        (3, 0, false, None, "nah"),
    ];
    assert_eq!(sides(&rows), [(101, 102, PairRule::SameContext)]);
    // The next words of the person who asked are no answer, and too short to be of like length.
    rows[2].0 = 1;
    assert_eq!(sides(&rows), []);
    // Nor are words to the author of the liked reply.
    rows[2] = (3, 0, false, None, "@u2 lol");
    assert_eq!(sides(&rows), [(101, 102, PairRule::SameConversation)]);
    rows[2].4 = "@u21 lol";
    assert_eq!(sides(&rows), [(101, 102, PairRule::SameContext)]);
    // An answer to the liked reply has another context.
    rows[2] = (3, 0, false, Some(1), "nah");
    assert_eq!(sides(&rows), []);
}

#[test]
fn otherwise_the_nearest_length_of_the_conversation() {
    let rows = [
        (1, 0, false, None, "who wants pizza tonight"),
        (2, 0, false, None, "it rained all day over here"),
        (3, 0, false, None, "ok"),
        (4, 0, false, None, "one two three four five six seven"),
        (5, 0, true, None, "a reaction that is no praise"),
        (1, 0, false, None, "bye"),
        (2, 0, false, None, "bye"),
        (3, 0, false, None, "see you"),
        (4, 2, true, Some(7), "that was a lovely evening"),
        (4, 0, false, None, "that was a lovely evening"),
    ];
    // Turn 3 is in the context, turn 4 has a reaction, turn 9 says the same: turn 1 is left.
    assert_eq!(sides(&rows), [(108, 101, PairRule::SameConversation)]);
}

#[test]
fn short_and_unmatched_replies_are_counted() {
    let rows = [
        (1, 0, false, None, "who wants pizza tonight"),
        (2, 1, true, None, "me"),
        (1, 9, true, None, "then let us all go there"),
    ];
    let (pairs, liked) = pairs(&rows, &Config::default());
    assert!(pairs.is_empty());
    assert_eq!(
        liked,
        Liked {
            replies: 2,
            too_short: 1,
            without_rejected: 1,
            over_count: 0
        }
    );
}

#[test]
fn a_message_is_rejected_twice_at_most_and_the_best_liked_choose_first() {
    let question = (1, 0, false, None, "what do you all think");
    let rows = [
        question,
        (2, 1, true, Some(0), "i like it very much"),
        (3, 7, true, Some(0), "i love it very much"),
        (4, 2, true, Some(0), "i hate it very much"),
        (5, 0, false, Some(0), "i forgot about it"),
    ];
    let (found, liked) = pairs(&rows, &Config::default());
    let chosen: Vec<(Id, u32)> = found
        .iter()
        .map(|pair| (pair.chosen_id, pair.reactions))
        .collect();
    assert_eq!(chosen, [(102, 5), (103, 2)]);
    assert_eq!(liked.without_rejected, 1);

    let mut config = Config::default();
    config.pairs.count_max = 1;
    let (found, liked) = pairs(&rows, &config);
    assert_eq!(
        found.iter().map(|pair| pair.chosen_id).collect::<Vec<_>>(),
        [102]
    );
    assert_eq!(liked.over_count, 1);
}

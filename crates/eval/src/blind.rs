//! Blind test: generated and real replies, shuffled, for people to tell apart. The answers are in a key file.

use std::{collections::BTreeSet, fmt::Write, path::Path};

use persona_core::atomic;
use rand::seq::SliceRandom;
use serde::Serialize;

use crate::{data::Target, error::Error, resample};

/// File name of the test.
pub const TEXT: &str = "blind-test.txt";
/// File name of the key with the answers.
pub const KEY: &str = "blind-test-key.json";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Origin {
    Generated,
    Real,
}

#[derive(Debug, Serialize)]
struct Answer {
    item: usize,
    origin: Origin,
    /// First message of the real reply to the same prompt.
    message_id: u64,
}

/// Writes both files. Returns the number of generated replies in the test; it has as many real ones.
///
/// No prompt is used twice: half of the targets show their generated reply, others their real one.
pub(crate) fn write(
    folder: &Path,
    targets: &[Target],
    generated: &[String],
    wanted: usize,
    seed: u64,
) -> Result<usize, Error> {
    let each = wanted.min(targets.len().min(generated.len()) / 2);
    let mut items: Vec<(Origin, &Target, &str)> = (0..each)
        .map(|at| (Origin::Generated, &targets[at], generated[at].as_str()))
        .chain((each..2 * each).map(|at| (Origin::Real, &targets[at], targets[at].reply.as_str())))
        .collect();
    items.shuffle(&mut resample::stream(seed, "blind test"));
    let answers: Vec<Answer> = items
        .iter()
        .enumerate()
        .map(|(index, (origin, target, _))| Answer {
            item: index + 1,
            origin: *origin,
            message_id: target.message_id,
        })
        .collect();
    atomic::write(&folder.join(TEXT), text(&items))?;
    atomic::write_json(&folder.join(KEY), &answers)?;
    Ok(each)
}

fn text(items: &[(Origin, &Target, &str)]) -> String {
    let mut text = format!(
        "Blind test\n\n\
         Below are {} replies. Half were written by people of the server, half by the persona.\n\
         Each stands after `>>>`, under the messages it answers. For each, note B (bot) or P (person).\n\
         The answers are in `{KEY}`; look at them only afterwards.\n\
         Somebody who guesses is right about half of the time.\n",
        items.len()
    );
    let replies: BTreeSet<&str> = items
        .iter()
        .map(|(_, target, _)| target.reply.as_str())
        .collect();
    for (index, (_, target, reply)) in items.iter().enumerate() {
        let _ = writeln!(text, "\n──────── {} ────────", index + 1);
        for line in shown(target, &replies) {
            let _ = writeln!(text, "    {line}");
        }
        let reply = if reply.trim().is_empty() {
            "(says nothing)"
        } else {
            reply.trim()
        };
        for line in reply.lines() {
            let _ = writeln!(text, ">>> {line}");
        }
        text.push_str("    bot or person: ____\n");
    }
    text
}

/// Lines of the context that may be shown: those after the last turn that is the real reply of an item. Whoever read
/// that turn would know which reply to the item's prompt is real.
fn shown<'a>(target: &'a Target, replies: &BTreeSet<&str>) -> Vec<&'a str> {
    let context = target.context();
    let is_item = |turn: &&str| {
        let text = turn.split_once(": ").map_or(*turn, |(_, text)| text);
        replies.contains(text)
    };
    let first = context.iter().rposition(is_item).map_or(0, |at| at + 1);
    let lines = context[first..].iter().flat_map(|turn| turn.lines());
    (first > 0)
        .then_some("[…]")
        .into_iter()
        .chain(lines)
        .collect()
}

#[cfg(test)]
mod tests {
    use persona_core::ChatMessage;

    use super::*;

    fn targets(n: u64) -> Vec<Target> {
        (0..n)
            .map(|id| Target {
                prompt: vec![ChatMessage::system("s"), ChatMessage::user("u1: question")],
                reply: format!("real reply {id}"),
                message_id: id,
            })
            .collect()
    }

    fn test(n: u64, wanted: usize, seed: u64) -> (usize, String, serde_json::Value) {
        let folder = tempfile::tempdir().unwrap();
        let generated: Vec<String> = (0..n).map(|id| format!("made reply {id}")).collect();
        let each = write(folder.path(), &targets(n), &generated, wanted, seed).unwrap();
        let text = std::fs::read_to_string(folder.path().join(TEXT)).unwrap();
        let key = std::fs::read(folder.path().join(KEY)).unwrap();
        (each, text, serde_json::from_slice(&key).unwrap())
    }

    #[test]
    fn the_key_fits_the_text_and_no_prompt_comes_twice() {
        let (each, text, key) = test(30, 10, 1);
        assert_eq!(each, 10);
        let items: Vec<&str> = text.split("────────").skip(2).step_by(2).collect();
        let key = key.as_array().unwrap();
        assert_eq!((items.len(), key.len()), (20, 20));
        let mut prompts = BTreeSet::new();
        for (item, answer) in items.iter().zip(key) {
            let word = if answer["origin"] == "generated" {
                "made"
            } else {
                "real"
            };
            let id = answer["message_id"].as_u64().unwrap();
            assert!(item.contains(&format!(">>> {word} reply {id}\n")), "{item}");
            prompts.insert(id);
        }
        assert_eq!(prompts.len(), 20);
        assert!(
            !text.contains("generated"),
            "the text must not give the answer away"
        );
    }

    #[test]
    fn fewer_replies_make_a_smaller_test_in_equal_numbers() {
        let (each, _, key) = test(7, 50, 1);
        assert_eq!(each, 3);
        let generated = key
            .as_array()
            .unwrap()
            .iter()
            .filter(|a| a["origin"] == "generated");
        assert_eq!(generated.count(), 3);
        assert_eq!(test(1, 50, 1).0, 0);
    }

    #[test]
    fn a_context_does_not_show_the_real_reply_of_another_item() {
        let mut target = targets(1).remove(0);
        for text in ["before", "real reply 7", "after\nit", "last"] {
            target
                .prompt
                .push(ChatMessage::user(&format!("u2: {text}")));
        }
        let none = BTreeSet::new();
        let all = [
            "u1: question",
            "u2: before",
            "u2: real reply 7",
            "u2: after",
            "it",
            "u2: last",
        ];
        assert_eq!(shown(&target, &none), all);
        let replies = BTreeSet::from(["real reply 7"]);
        assert_eq!(
            shown(&target, &replies),
            ["[…]", "u2: after", "it", "u2: last"]
        );
    }

    #[test]
    fn the_seed_decides_the_order() {
        assert_eq!(test(30, 10, 1).1, test(30, 10, 1).1);
        assert_ne!(test(30, 10, 1).1, test(30, 10, 2).1);
    }
}

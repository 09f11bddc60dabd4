//! How a pipeline ends: real messages with the persona's replies beside them, and what an evaluation found in plain words.

use std::{fmt::Write as _, path::Path};

use persona_core::{FileError, jsonl};
use serde_json::Value;

use crate::run::GENERATED;

/// So many replies are shown.
const SHOWN: usize = 5;

/// A line of the terminal holds so many characters of a message.
const WIDTH: usize = 96;

/// With fewer replies than this, figures say little.
const FEW: u64 = 100;

/// The ending for the evaluation in `folder`, whose report is `report` as JSON.
pub fn closing(folder: &Path, report: &Value) -> Result<String, FileError> {
    let mut text = examples(folder)?;
    text.push_str(&in_words(report));
    Ok(text)
}

/// Replies spread evenly over those that were drawn, the real one above.
fn examples(folder: &Path) -> Result<String, FileError> {
    let path = folder.join(GENERATED);
    if !path.is_file() {
        return Ok(String::new());
    }
    let records: Result<Vec<Value>, FileError> = jsonl::records::<Value>(&path)?.collect();
    let drawn: Vec<[String; 3]> = records?.iter().filter_map(exchange).collect();
    let mut text = String::new();
    let count = drawn.len().min(SHOWN);
    for index in 0..count {
        let [asked, real, generated] = &drawn[index * drawn.len() / count];
        let _ = writeln!(
            text,
            "\n  before:   {asked}\n  really:   {real}\n  persona:  {generated}"
        );
    }
    Ok(text)
}

/// The message before, the real reply and the persona's; `None` where one of the replies is empty.
fn exchange(record: &Value) -> Option<[String; 3]> {
    let before = record["prompt"].as_array()?.last()?;

    let asked = if before["role"] == "system" {
        "(nothing)".to_owned()
    } else {
        one_line(before["content"].as_str()?)
    };
    let replies = [record["real"].as_str()?, record["generated"].as_str()?];
    let [real, generated] = replies.map(one_line);
    (!real.is_empty() && !generated.is_empty()).then_some([asked, real, generated])
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn in_words(report: &Value) -> String {
    let count = |key: &str| report["counts"][key].as_u64().unwrap_or_default();
    let (scored, generated) = (count("scored"), count("generated"));
    let mut text = format!(
        "\nThe persona was tried on {scored} real replies that it had not seen in training, and wrote {generated} of its own."
    );
    let perplexity = |model: &str| report["perplexity"][model].as_f64();
    if let (Some(base), Some(persona)) = (perplexity("base"), perplexity("quantized")) {
        let times = base / persona;
        let words = if times > 1.05 {
            format!(
                " Word by word, it finds what people really wrote {times:.1} times as likely as the model it was trained from."
            )
        } else {
            " It foresees what people really wrote no better than the model it was trained from: training has taught it nothing yet."
                .to_owned()
        };
        text.push_str(&words);
    }
    if generated < FEW {
        text += " So few replies say little about how good it is: read them, and let your friends judge.";
    }
    wrapped(&text) + "\n"
}

/// `text` in lines that fit a terminal.
fn wrapped(text: &str) -> String {
    let mut wrapped = String::new();
    let mut width = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if width > 0 {
            let fits = width + 1 + length <= WIDTH;
            wrapped.push(if fits { ' ' } else { '\n' });
            width = if fits { width + 1 } else { 0 };
        }
        wrapped.push_str(word);
        width += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use persona_core::atomic;
    use serde_json::json;

    use super::*;

    #[test]
    fn real_and_invented_replies_stand_side_by_side() {
        let folder = tempfile::tempdir().unwrap();
        let record = |index: usize, generated: &str| {
            let prompt = json!([{"role": "system", "content": "s"}, {"role": "user", "content": format!("u1: who {index}?")}]);
            json!({"message_id": index, "prompt": prompt, "real": "me\ntoo", "generated": generated}).to_string()
        };
        let mut lines: Vec<String> = (0..10).map(|index| record(index, "not me")).collect();
        lines[0] = record(0, " ");
        atomic::write(&folder.path().join(GENERATED), lines.join("\n") + "\n").unwrap();
        let report = json!({"counts": {"scored": 40, "generated": 10}, "perplexity": {"base": 30.0, "quantized": 10.0}});
        let text = closing(folder.path(), &report).unwrap();
        assert_eq!(text.matches("persona:  not me\n").count(), SHOWN);
        assert!(text.contains("who 1?\n  really:   me too\n"), "{text}");
        assert!(text.contains("3.0 times as likely"), "{text}");
        assert!(text.contains("say little"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= 110),
            "{text}"
        );
    }
}

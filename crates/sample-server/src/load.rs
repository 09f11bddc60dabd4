//! Reads the data files and checks that they fit together.

use std::path::Path;

use persona_core::FileError;
use serde::de::DeserializeOwned;

use crate::{
    authors::PEOPLE,
    script::Topic,
    template::{Slot, Template},
    words::Words,
};

/// Names and texts of the topics.
const TOPICS: [(&str, &str); 10] = [
    ("bikes", include_str!("../data/topics/bikes.toml")),
    ("boardgames", include_str!("../data/topics/boardgames.toml")),
    ("coding", include_str!("../data/topics/coding.toml")),
    ("food", include_str!("../data/topics/food.toml")),
    ("games", include_str!("../data/topics/games.toml")),
    ("memes", include_str!("../data/topics/memes.toml")),
    ("music", include_str!("../data/topics/music.toml")),
    ("pets", include_str!("../data/topics/pets.toml")),
    ("plants", include_str!("../data/topics/plants.toml")),
    ("weather", include_str!("../data/topics/weather.toml")),
];

/// Reads all data files.
///
/// # Errors
/// When a file has a fault; the error names the file, the line where the list or table begins, the value found and what
/// was expected.
pub(crate) fn words() -> Result<Words, FileError> {
    let topic = |(name, text): (&str, &str)| Ok((name.to_owned(), parse(&file(name), text)?));
    let words = Words {
        people: parse("people.toml", include_str!("../data/people.toml"))?,
        habits: parse("habits.toml", include_str!("../data/habits.toml"))?,
        small_talk: parse("small_talk.toml", include_str!("../data/small_talk.toml"))?,
        topics: TOPICS
            .into_iter()
            .map(topic)
            .collect::<Result<_, FileError>>()?,
        channels: parse("channels.toml", include_str!("../data/channels.toml"))?,
        oddities: parse("oddities.toml", include_str!("../data/oddities.toml"))?,
    };
    check(&words)?;
    Ok(words)
}

fn file(topic: &str) -> String {
    format!("topics/{topic}.toml")
}

fn content(name: &str, place: &str, message: impl ToString) -> FileError {
    FileError::content(
        &Path::new("crates/sample-server/data").join(name),
        place,
        message,
    )
}

fn parse<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text[..start].matches('\n').count() + 1;
        content(name, &format!("line {line}"), error.message())
    })
}

/// Checks that need more than one file.
fn check(words: &Words) -> Result<(), FileError> {
    let people = &words.people;
    for (list, length) in [
        ("friends", people.friends.len()),
        ("pets", people.pets.len()),
    ] {
        if length < PEOPLE {
            let message = format!("has {length} entries, expected at least {PEOPLE}");
            return Err(content("people.toml", list, message));
        }
    }
    for channel in words.channels.iter() {
        for (topic, _) in &channel.topics {
            if !words.topics.contains_key(topic) {
                let message = format!("there is no file topics/{topic}.toml");
                return Err(content("channels.toml", &channel.name, message));
            }
        }
    }
    for (name, topic) in &words.topics {
        let small_talk = words.small_talk.templates();
        for template in topic.templates().chain(small_talk) {
            if let Some(missing) = missing_slot(words, topic, template) {
                let message = format!("has no `{missing}`, which `{}` needs", template.source);
                return Err(content(&file(name), "[slots]", message));
            }
        }
    }
    Ok(())
}

/// A slot of `template` for which there are no words when `topic` is talked about.
fn missing_slot<'a>(words: &Words, topic: &Topic, template: &'a Template) -> Option<&'a str> {
    template.slots().into_iter().find_map(|slot| match slot {
        Slot::Kept(name) | Slot::Fresh(name) if words.slot(topic, name).is_none() => {
            Some(name.as_str())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs};

    use super::*;

    fn slot_names<'a>(templates: impl Iterator<Item = &'a Template>) -> BTreeSet<&'a str> {
        templates
            .flat_map(Template::slots)
            .filter_map(|slot| match slot {
                Slot::Kept(name) | Slot::Fresh(name) => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn every_file_is_read_and_all_that_is_in_it_is_used() {
        let words = words().unwrap();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/topics");
        let files: BTreeSet<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let name = entry.unwrap().file_name().into_string().unwrap();
                name.strip_suffix(".toml").unwrap().to_owned()
            })
            .collect();
        assert_eq!(files, words.topics.keys().cloned().collect());

        let talked_about: BTreeSet<String> = words
            .channels
            .iter()
            .flat_map(|channel| channel.topics.iter().map(|(topic, _)| topic.clone()))
            .collect();
        assert_eq!(files, talked_about, "topics of channels");

        let mut of_all = slot_names(words.small_talk.templates());
        for (name, topic) in &words.topics {
            let own = slot_names(topic.templates());
            for slot in topic.slots.keys() {
                let used = own.contains(slot.as_str()) || of_all.contains(slot.as_str());
                assert!(used, "no template uses `{slot}` of {name}");
            }
            let shared = own
                .into_iter()
                .filter(|slot| !topic.slots.contains_key(*slot));
            of_all.extend(shared);
        }
        for slot in words.small_talk.slots.keys() {
            assert!(of_all.contains(slot.as_str()), "no template uses `{slot}`");
        }
    }

    #[test]
    fn errors_name_the_line_and_the_template() {
        let text = "[slots]\n\n[[exchanges]]\nlead = { act = \"ask\", lines = [\n    \"who\",\n    \"what [now\",\n] }\n";
        let error = parse::<Topic>("topics/pets.toml", text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`crates/sample-server/data/topics/pets.toml`, line 4: a `[` is not closed in the template `what [now`"
        );
        let error = parse::<Topic>("topics/pets.toml", "[slots]\nthing = []\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`crates/sample-server/data/topics/pets.toml`, line 2: the list is empty, expected at least one entry"
        );
    }

    #[test]
    fn a_slot_without_words_is_named() {
        let mut words = words().unwrap();
        words.topics.get_mut("pets").unwrap().slots.remove("thing");
        let error = check(&words).unwrap_err().to_string();
        let start =
            "`crates/sample-server/data/topics/pets.toml`, [slots]: has no `thing`, which `";
        assert!(error.starts_with(start), "{error}");
    }
}

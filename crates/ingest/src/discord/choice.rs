//! Channels named by the user: by name, id or category.

use std::collections::{BTreeMap, BTreeSet};

use persona_core::{Channel, Id};

use super::error::Error;

/// Number of names that are suggested for an unknown one.
const SUGGESTED: usize = 3;

/// Ids of the channels, threads and categories that `words` name, with everything inside them.
pub(super) fn resolve(words: &[String], channels: &[Channel]) -> Result<BTreeSet<Id>, Error> {
    let mut chosen = BTreeSet::new();
    for word in words {
        let found = matches(word, channels);
        if found.is_empty() {
            return Err(Error::UnknownChannel {
                word: word.clone(),
                near: near(word, channels),
            });
        }
        chosen.extend(found);
    }
    let parents: BTreeMap<Id, Id> = channels
        .iter()
        .filter_map(|channel| Some((channel.id, channel.parent_id?)))
        .collect();
    // Two rounds, because a thread is in a channel, which is in a category.
    for _ in 0..2 {
        let inside: Vec<Id> = parents
            .iter()
            .filter(|(_, parent)| chosen.contains(parent))
            .map(|(id, _)| *id)
            .collect();
        chosen.extend(inside);
    }
    Ok(chosen)
}

fn matches(word: &str, channels: &[Channel]) -> Vec<Id> {
    let plain = plain(word);
    let all = ["all", "*"].contains(&plain.as_str());
    let id: Option<Id> = word
        .trim_start_matches("<#")
        .trim_end_matches('>')
        .parse()
        .ok();
    let by_id: Vec<Id> = channels
        .iter()
        .map(|channel| channel.id)
        .filter(|channel| Some(*channel) == id)
        .collect();
    if !by_id.is_empty() {
        return by_id;
    }
    let by_name = channels
        .iter()
        .filter(|channel| all || self::plain(&channel.name) == plain);
    by_name.map(|channel| channel.id).collect()
}

fn near(word: &str, channels: &[Channel]) -> Vec<String> {
    let word = plain(word);
    let mut names: Vec<String> = channels
        .iter()
        .map(|channel| channel.name.clone())
        .filter(|name| {
            let name = plain(name);
            !word.is_empty() && (name.contains(&word) || word.contains(&name))
        })
        .collect();
    names.sort();
    names.dedup();
    names.truncate(SUGGESTED);
    names
}

fn plain(name: &str) -> String {
    name.trim().trim_start_matches('#').to_lowercase()
}

#[cfg(test)]
mod tests {
    use persona_core::ChannelKind;

    use super::*;

    fn channel(id: Id, parent: Option<Id>, name: &str) -> Channel {
        Channel {
            id,
            guild_id: 1,
            parent_id: parent,
            kind: ChannelKind::Text,
            name: name.to_owned(),
            topic: None,
        }
    }

    fn server() -> Vec<Channel> {
        vec![
            channel(1, None, "Talk"),
            channel(10, Some(1), "general"),
            channel(11, Some(1), "games"),
            channel(20, None, "log"),
            channel(100, Some(10), "a thread"),
            channel(101, Some(20), "general"),
        ]
    }

    fn chosen(words: &[&str]) -> Vec<Id> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        resolve(&words, &server()).unwrap().into_iter().collect()
    }

    #[test]
    fn names_ids_mentions_and_categories() {
        assert_eq!(chosen(&["#games"]), [11]);
        assert_eq!(chosen(&["11"]), [11]);
        assert_eq!(chosen(&["<#11>", "LOG"]), [11, 20, 101]);
        assert_eq!(chosen(&["talk"]), [1, 10, 11, 100]);
        assert_eq!(
            chosen(&["general"]),
            [10, 100, 101],
            "every channel of that name"
        );
        assert_eq!(chosen(&["all"]).len(), 6);
        assert_eq!(chosen(&[]), [0; 0]);
    }

    #[test]
    fn an_unknown_name_is_named_with_those_like_it() {
        let error = resolve(&["game".to_owned()], &server()).unwrap_err();
        let Error::UnknownChannel { word, near } = error else {
            panic!("{error}");
        };
        assert_eq!((word.as_str(), near), ("game", vec!["games".to_owned()]));
    }
}

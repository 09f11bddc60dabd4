//! Reactions that praise.

use std::collections::BTreeSet;

use persona_core::Reaction;

/// Set of the emoji that praise, whatever their skin tone.
#[derive(Debug)]
pub struct Positive {
    names: BTreeSet<String>,
}

impl Positive {
    /// Set of `emoji`; custom ones are written `:name:`.
    pub fn new(emoji: &[String]) -> Self {
        Self {
            names: emoji.iter().map(|emoji| plain(emoji)).collect(),
        }
    }

    /// Whether `reaction` is praise.
    pub fn contains(&self, reaction: &Reaction) -> bool {
        self.names.contains(&label(reaction))
    }

    /// Number of praising reactions among `reactions`.
    pub fn count(&self, reactions: &[Reaction]) -> u32 {
        reactions
            .iter()
            .filter(|reaction| self.contains(reaction))
            .fold(0, |sum, reaction| sum.saturating_add(reaction.count))
    }
}

/// Name of an emoji in the configuration and the statistics: the character, or `:name:`.
pub fn label(reaction: &Reaction) -> String {
    match reaction.emoji_id {
        Some(_) => format!(":{}:", reaction.emoji.trim_matches(':')),
        None => plain(&reaction.emoji),
    }
}

/// `emoji` without skin tone and variation selectors.
fn plain(emoji: &str) -> String {
    emoji
        .chars()
        .filter(|&char| !matches!(char, '\u{1F3FB}'..='\u{1F3FF}' | '\u{FE0E}' | '\u{FE0F}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reaction(emoji: &str, emoji_id: Option<u64>, count: u32) -> Reaction {
        Reaction {
            emoji: emoji.to_owned(),
            emoji_id,
            count,
        }
    }

    #[test]
    fn skin_tones_and_selectors_make_no_difference() {
        let positive = Positive::new(&["👍".to_owned(), "❤️".to_owned()]);
        let reactions = [
            reaction("👍🏽", None, 2),
            reaction("❤", None, 1),
            reaction("✅", None, 9),
        ];
        assert_eq!(positive.count(&reactions), 3);
    }

    #[test]
    fn custom_emoji_are_named_with_colons() {
        let positive = Positive::new(&[":partyblob:".to_owned(), "fire".to_owned()]);
        assert_eq!(positive.count(&[reaction("partyblob", Some(7), 4)]), 4);
        // A custom emoji called `fire` is not the word `fire` of the list.
        assert_eq!(positive.count(&[reaction("fire", Some(7), 4)]), 0);
    }
}

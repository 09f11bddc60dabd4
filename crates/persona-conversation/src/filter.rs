//! Drop rules: which messages are left out.

use std::sync::LazyLock;

use persona_core::{Message, MessageKind};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::people::Person;

/// Rule by which a message is left out. Rules are tried in this order; the first that fits is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DropRule {
    /// The channel is not allowed.
    Channel,
    /// The message is older than the `limit` most recent messages.
    Limit,
    /// The author opted out.
    OptedOut,
    /// A bot or webhook wrote the message.
    Bot,
    /// System message (joins, pins, boosts): nobody wrote it.
    System,
    /// The message is a program's answer to a command.
    Command,
    /// The message has no text, only attachments, stickers or forwards.
    Empty,
    /// The message has only links.
    LinkOnly,
}

impl DropRule {
    /// All rules, in the order in which they are tried.
    pub const ALL: [Self; 8] = [
        Self::Channel,
        Self::Limit,
        Self::OptedOut,
        Self::Bot,
        Self::System,
        Self::Command,
        Self::Empty,
        Self::LinkOnly,
    ];

    /// Description of the rule for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Channel => "channel not allowed",
            Self::Limit => "older than the limit",
            Self::OptedOut => "author opted out",
            Self::Bot => "bot or webhook",
            Self::System => "system message",
            Self::Command => "command answer",
            Self::Empty => "no text",
            Self::LinkOnly => "only links",
        }
    }
}

/// Rule that drops `message` of an allowed channel, if any.
pub fn drop_rule(message: &Message, author: Option<&Person>) -> Option<DropRule> {
    let author_is = |test: fn(&Person) -> bool| author.is_some_and(test);
    if author_is(|person| person.opted_out) {
        Some(DropRule::OptedOut)
    } else if author_is(|person| person.is_bot) {
        Some(DropRule::Bot)
    } else if message.kind == MessageKind::System {
        Some(DropRule::System)
    } else if message.kind == MessageKind::Command {
        Some(DropRule::Command)
    } else if is_blank(&message.content) {
        Some(DropRule::Empty)
    } else if is_link_only(&message.content) {
        Some(DropRule::LinkOnly)
    } else {
        None
    }
}

/// Whether `text` has no visible character.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

fn is_invisible(char: char) -> bool {
    char.is_whitespace()
        || char.is_control()
        || matches!(char, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

fn is_link_only(text: &str) -> bool {
    static LINK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^[<|(]*(https?|ftp)://\S+$").expect("the pattern is a valid regex")
    });
    text.split_whitespace().all(|word| LINK.is_match(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(content: &str) -> Option<DropRule> {
        let message = Message {
            content: content.to_owned(),
            ..Message::default()
        };
        drop_rule(&message, None)
    }

    #[test]
    fn text_decides() {
        for kept in [
            "k",
            "😂",
            ":blob:",
            "LOL LOL",
            "see https://a.example",
            "https://a.example !",
            "http",
            "...",
            "@u1",
        ] {
            assert_eq!(rule(kept), None, "{kept:?}");
        }
        for empty in ["", " \n", "\u{200B}\u{FEFF}", "\u{A0}"] {
            assert_eq!(rule(empty), Some(DropRule::Empty), "{empty:?}");
        }
        for link in [
            "https://a.example/x?y=1",
            "<https://a.example> \n HTTP://b.example",
            "||https://a.example||",
        ] {
            assert_eq!(rule(link), Some(DropRule::LinkOnly), "{link:?}");
        }
    }

    #[test]
    fn the_first_rule_that_fits_is_counted() {
        let person = |is_bot, opted_out| Person {
            id: 1,
            pseudonym: "u1".to_owned(),
            name: "n".to_owned(),
            display_name: "N".to_owned(),
            is_bot,
            opted_out,
        };
        let message = Message {
            kind: MessageKind::System,
            ..Message::default()
        };
        let rule = |is_bot, opted_out| drop_rule(&message, Some(&person(is_bot, opted_out)));
        assert_eq!(rule(true, true), Some(DropRule::OptedOut));
        assert_eq!(rule(true, false), Some(DropRule::Bot));
        assert_eq!(rule(false, false), Some(DropRule::System));
    }

    #[test]
    fn rules_are_ordered_as_listed() {
        assert!(DropRule::ALL.is_sorted());
    }
}

//! Cleaning of generated text before it is sent.

use std::sync::LazyLock;

use persona_conversation::is_blank;
use persona_core::SpeakerForm;
use regex::{Captures, Regex, escape};

/// A reply in the form of the context, with pseudonyms, as the live memory holds it. The result may be blank.
///
/// - A label at the start, such as `u3: ` in the form of speakers, is removed: the model sometimes repeats the form of its
///   context.
/// - Where a later line begins with a label, somebody else would be speaking: the reply ends before it.
/// - Control characters and direction overrides are removed: they could hide or reverse the text around the message.
pub fn tidy(reply: &str, form: &SpeakerForm) -> String {
    static EMPTY_LINES: LazyLock<Regex> = LazyLock::new(|| regex(r"\n{3,}"));

    let visible: String = reply
        .replace("\r\n", "\n")
        .chars()
        .filter(|char| !is_hidden(*char))
        .collect();
    let (before, between) = (escape(form.before()), escape(form.between().trim_end()));
    let label = format!(r"{before}u\d{{1,9}}{between}");
    let text = regex(&format!(r"^\s*{label}[ \t]*")).replace(&visible, "");
    let end = regex(&format!(r"(?m)^[ \t]*{label}(?:[ \t]|$)"))
        .find(&text)
        .map_or(text.len(), |found| found.start());
    EMPTY_LINES
        .replace_all(text[..end].trim(), "\n\n")
        .into_owned()
}

/// A tidy text as people read it: `@u3` becomes `@` and the display name from `name_of`, as plain text, and is removed where
/// there is no name. Mentions in Discord's own form are removed: nobody is ever pinged. `None` where nothing visible is
/// left.
pub fn with_names(text: &str, name_of: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    static MENTION: LazyLock<Regex> = LazyLock::new(|| regex(r"@(u\d{1,9})\b|<@[!&]?\d{1,20}>"));
    let named = |found: &Captures<'_>| {
        let name = found
            .get(1)
            .and_then(|pseudonym| name_of(pseudonym.as_str()));
        name.map_or_else(String::new, |name| format!("@{}", plain(&name)))
    };
    let mut text = MENTION.replace_all(text, named).into_owned();
    // Removing a mention may leave another one, as in `<@<@7>7>`. Every round makes the text shorter.
    while MENTION.is_match(&text) {
        text = MENTION.replace_all(&text, "").into_owned();
    }
    (!is_blank(&text)).then(|| text.trim().to_owned())
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a valid regex")
}

/// A name without what Discord would read as markup of a mention.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|char| !matches!(char, '<' | '>' | '@' | '\n') && !is_hidden(*char))
        .collect()
}

fn is_hidden(char: char) -> bool {
    (char.is_control() && !matches!(char, '\n' | '\t'))
        || matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(reply: &str) -> Option<String> {
        with_names(
            &tidy(reply, &SpeakerForm::default()),
            &|pseudonym| match pseudonym {
                "u3" => Some("Mara <@7> @everyone".to_owned()),
                "u4" => Some("Jo".to_owned()),
                _ => None,
            },
        )
    }

    #[test]
    fn pseudonyms_become_plain_names_or_go() {
        for (reply, expected) in [
            ("hey @u4, ok?", "hey @Jo, ok?"),
            ("@u3 hi", "@Mara 7 everyone hi"),
            ("@u99 hi", "hi"),
            ("u4 is a word here", "u4 is a word here"),
            ("<@7> and <@!8> and <@&9> hi", "and  and  hi"),
            ("mail@u4x.org", "mail@u4x.org"),
        ] {
            assert_eq!(cleaned(reply).as_deref(), Some(expected), "{reply}");
        }
    }

    #[test]
    fn labels_go_and_nobody_else_speaks() {
        for (reply, expected) in [
            ("u4: sure", "sure"),
            ("sure\nu3: really?\nu4: yes", "sure"),
            ("two\nlines", "two\nlines"),
            ("at u3: what", "at u3: what"),
        ] {
            assert_eq!(cleaned(reply).as_deref(), Some(expected), "{reply}");
        }
        for nothing in ["", " \n", "u4: ", "@u99", "\u{200B}", "u4:\nu3: hi"] {
            assert_eq!(cleaned(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn hidden_characters_go_and_joined_emoji_stay() {
        assert_eq!(cleaned("a\u{202E}b\u{0}\u{7}c").as_deref(), Some("abc"));
        assert_eq!(cleaned("👩‍👩‍👧 ok").as_deref(), Some("👩‍👩‍👧 ok"));
        assert_eq!(cleaned("a\n\n\n\n\nb").as_deref(), Some("a\n\nb"));
    }

    proptest! {
        #[test]
        fn no_reply_holds_a_mention(reply in "(@u[0-9]|<@[!&]?[0-9]{1,20}>|<@|>|u[0-9]: |[a-z \\n]|\\PC){0,60}") {
            let mention = regex(r"<@[!&]?\d{1,20}>|@u\d{1,9}\b");
            let text = cleaned(&reply).unwrap_or_default();
            prop_assert!(!mention.is_match(&text), "{text:?}");
        }
    }
}

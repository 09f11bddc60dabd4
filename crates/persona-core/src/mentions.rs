//! Mentions in texts: raw as `<@id>`, or rendered by an export as `@Nickname`.

use std::{borrow::Cow, cmp::Reverse};

use crate::chat::{Id, Mention};

/// Replacement for the name of a person who is unknown or forgotten.
pub const SOMEONE: &str = "@someone";

/// Digits of the longest id.
const DIGITS_MAX: usize = 20;

/// Replaces `<@id>` and `<@!id>`, where `replacement` has a text for the id.
pub fn replace_raw<'a>(
    content: &'a str,
    replacement: &dyn Fn(Id) -> Option<String>,
) -> Cow<'a, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (start, _) in content.match_indices("<@") {
        let Some((id, length)) = raw_mention(&content[start..]) else {
            continue;
        };
        if let Some(text) = replacement(id) {
            out.push_str(&content[copied..start]);
            out.push_str(&text);
            copied = start + length;
        }
    }
    finish(content, out, copied)
}

/// Id of the mention at the start of `text`, and its length in bytes.
fn raw_mention(text: &str) -> Option<(Id, usize)> {
    let inner = text.strip_prefix("<@")?;
    let inner = inner.strip_prefix('!').unwrap_or(inner);
    let end = inner.find('>').filter(|end| *end <= DIGITS_MAX)?;
    let digits = &inner[..end];
    let id = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())??;
    Some((id, text.len() - inner.len() + end + 1))
}

/// Replaces `@Nickname` and `@name` of the people in `mentions`, where `replacement` has a text for the id. Other names
/// stay: a nickname may be any common word.
pub fn replace_rendered<'a>(
    content: &'a str,
    mentions: &[Mention],
    replacement: &dyn Fn(Id) -> Option<String>,
) -> Cow<'a, str> {
    if mentions.is_empty() || !content.contains('@') {
        return Cow::Borrowed(content);
    }
    let mut names: Vec<(&str, Id)> = mentions
        .iter()
        .flat_map(|mention| {
            [
                (&*mention.display_name, mention.id),
                (&*mention.name, mention.id),
            ]
        })
        .filter(|(name, _)| !name.is_empty())
        .collect();
    // The longest first: `@Ann Lee` is not Ann.
    names.sort_by_key(|&(name, _)| Reverse(name.len()));

    let mut out = String::new();
    let (mut copied, mut from) = (0, 0);
    while let Some(at) = content[from..].find('@').map(|at| from + at) {
        from = at + 1;
        if content[..at].ends_with('<') {
            continue;
        }
        let name_on = &content[from..];
        if let Some((name, id)) = names
            .iter()
            .find(|(name, _)| starts_with_name(name_on, name))
        {
            from += name.len();
            if let Some(text) = replacement(*id) {
                out.push_str(&content[copied..at]);
                out.push_str(&text);
                copied = from;
            }
        }
    }
    finish(content, out, copied)
}

/// Whether `text` begins with `name`, and not with a longer Latin word.
fn starts_with_name(text: &str, name: &str) -> bool {
    let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.strip_prefix(name)
        .is_some_and(|after| !(name.ends_with(word) && after.starts_with(word)))
}

/// Replaces `@handle`, such as `@u7`, except where it is the start of a longer handle.
pub fn replace_handle<'a>(content: &'a str, handle: &str, replacement: &str) -> Cow<'a, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (at, _) in content.match_indices('@') {
        if starts_with_name(&content[at + 1..], handle) {
            out.push_str(&content[copied..at]);
            out.push_str(replacement);
            copied = at + 1 + handle.len();
        }
    }
    finish(content, out, copied)
}

/// Result of a replacement: `out` and the rest of `content`, or `content` itself where nothing was replaced.
fn finish(content: &str, mut out: String, copied: usize) -> Cow<'_, str> {
    if copied == 0 {
        return Cow::Borrowed(content);
    }
    out.push_str(&content[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn someone(wanted: Id) -> impl Fn(Id) -> Option<String> {
        move |id| (id == wanted).then(|| SOMEONE.to_owned())
    }

    #[test]
    fn raw_mentions_of_one_person_are_replaced() {
        for (content, expected) in [
            (
                "<@7> and <@!7>, not <@77> or <@&7>",
                "@someone and @someone, not <@77> or <@&7>",
            ),
            ("<@<@7>", "<@@someone"),
            ("<@7", "<@7"),
            ("<@>", "<@>"),
            (
                "<@99999999999999999999> é<@7>é",
                "<@99999999999999999999> é@someoneé",
            ),
            ("<@+7>", "<@+7>"),
        ] {
            assert_eq!(replace_raw(content, &someone(7)), expected);
        }
    }

    #[test]
    fn rendered_mentions_of_one_person_are_replaced() {
        let mention = |id, name: &str, display_name: &str| Mention {
            id,
            name: name.to_owned(),
            display_name: display_name.to_owned(),
        };
        let mentions = [mention(7, "ann", "Ann"), mention(8, "annlee", "Ann Lee 🌸")];
        for (content, expected) in [
            ("@Ann hi", "@someone hi"),
            ("@Ann Lee 🌸 hi @ann", "@Ann Lee 🌸 hi @someone"),
            ("@Anna, @@Ann, <@Ann", "@Anna, @@someone, <@Ann"),
            ("mail a@b.c", "mail a@b.c"),
            ("@", "@"),
        ] {
            assert_eq!(replace_rendered(content, &mentions, &someone(7)), expected);
        }
        assert_eq!(replace_rendered("@Ann", &[], &someone(7)), "@Ann");
    }

    #[test]
    fn handles_are_whole_words() {
        assert_eq!(
            replace_handle("@u7 @u71 u7 a@u7.", "u7", SOMEONE),
            "@someone @u71 u7 a@someone."
        );
    }
}

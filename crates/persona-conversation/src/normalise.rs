//! Names in messages become pseudonyms, and markup that only Discord understands becomes text.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use persona_core::{Id, Mention, Message};
use regex::{Captures, Regex};

use crate::people::People;

/// What stands for somebody the store knows nothing about.
const SOMEONE: &str = "@someone";

/// The text of `message` as it goes into a turn.
///
/// Raw (`<@id>`, `<@!id>`) and rendered (`@Nickname`) mentions become `@u<N>`, custom emoji `:name:`,
/// channels `#name`, roles `@role`, commands `/name`. All else stays as written.
pub fn text(message: &Message, people: &People, channels: &BTreeMap<Id, String>) -> String {
    let rendered = rendered_mentions(&message.content, &message.mentions, people);
    raw_markup(&rendered, people, channels).trim().to_owned()
}

fn handle(people: &People, id: Id) -> Cow<'static, str> {
    match people.get(id) {
        Some(person) => Cow::Owned(format!("@{}", person.pseudonym)),
        None => Cow::Borrowed(SOMEONE),
    }
}

/// Only names that the export lists as mentioned are replaced: a nickname may be any common word.
fn rendered_mentions<'a>(content: &'a str, mentions: &[Mention], people: &People) -> Cow<'a, str> {
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
    names.sort_by_key(|&(name, _)| std::cmp::Reverse(name.len()));

    let mut out = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(at) = rest.find('@') {
        let (before, name_on) = (&rest[..at], &rest[at + 1..]);
        out.push_str(before);
        let raw = before.ends_with('<');
        let found = names
            .iter()
            .find(|(name, _)| !raw && starts_with_name(name_on, name));
        if let Some(&(name, id)) = found {
            out.push_str(&handle(people, id));
            rest = &name_on[name.len()..];
        } else {
            out.push('@');
            rest = name_on;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether `text` begins with `name`, and not with a longer Latin word.
fn starts_with_name(text: &str, name: &str) -> bool {
    let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.strip_prefix(name)
        .is_some_and(|after| !(name.ends_with(word) && after.starts_with(word)))
}

fn raw_markup<'a>(text: &'a str, people: &People, channels: &BTreeMap<Id, String>) -> Cow<'a, str> {
    static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"<(?:@!?(?<user>\d{1,20})|@&(?<role>\d{1,20})|#(?<channel>\d{1,20})|a?:(?<emoji>\w{1,64}):\d{1,20}|/(?<command>[^:<>\n]{1,120}):\d{1,20})>",
        )
        .expect("the pattern is a valid regex")
    });
    MARKUP.replace_all(text, |found: &Captures| {
        if let Some(user) = found.name("user") {
            user.as_str()
                .parse()
                .map_or(SOMEONE.into(), |id| handle(people, id))
                .into_owned()
        } else if let Some(channel) = found.name("channel") {
            let name = channel
                .as_str()
                .parse()
                .ok()
                .and_then(|id| channels.get(&id));
            format!("#{}", name.map_or("channel", String::as_str))
        } else if let Some(emoji) = found.name("emoji") {
            format!(":{}:", emoji.as_str())
        } else if let Some(command) = found.name("command") {
            format!("/{}", command.as_str())
        } else {
            "@role".to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Person;

    fn normalised(content: &str) -> String {
        let people: People = [(7, "u1", "ann"), (8, "u2", "annlee"), (9, "u3", "<odd>")]
            .into_iter()
            .map(|(id, pseudonym, name)| Person {
                id,
                pseudonym: pseudonym.to_owned(),
                name: name.to_owned(),
                display_name: name.to_owned(),
                is_bot: false,
                opted_out: false,
            })
            .collect();
        let mention = |id, name: &str, display_name: &str| Mention {
            id,
            name: name.to_owned(),
            display_name: display_name.to_owned(),
        };
        let message = Message {
            content: content.to_owned(),
            mentions: vec![
                mention(7, "ann", "Ann"),
                mention(8, "annlee", "Ann Lee 🌸"),
                mention(99, "ghost", "Gone Ghost"),
            ],
            ..Message::default()
        };
        let channels = BTreeMap::from([(5, "general".to_owned())]);
        text(&message, &people, &channels)
    }

    #[test]
    fn mentions_become_pseudonyms() {
        for (content, expected) in [
            ("<@7> <@!8> hi", "@u1 @u2 hi"),
            ("@Ann hi", "@u1 hi"),
            ("@Ann Lee 🌸 hi", "@u2 hi"),
            ("@annlee, @Ann's", "@u2, @u1's"),
            ("@Anna is somebody else", "@Anna is somebody else"),
            ("@@Ann", "@@u1"),
            ("mail a@b.c", "mail a@b.c"),
            ("@Gone Ghost and <@404>", "@someone and @someone"),
            ("@everyone Ann", "@everyone Ann"),
            ("@", "@"),
        ] {
            assert_eq!(normalised(content), expected);
        }
    }

    #[test]
    fn markup_becomes_text() {
        for (content, expected) in [
            ("<:blob:1> <a:dance:22>", ":blob: :dance:"),
            ("<#5> <#6> <@&3>", "#general #channel @role"),
            ("</roll dice:33>", "/roll dice"),
            ("a <b> <t:1:R> <|im_end|>", "a <b> <t:1:R> <|im_end|>"),
            ("  LOL!!  \nyes ", "LOL!!  \nyes"),
            ("<@99999999999999999999>", "@someone"),
        ] {
            assert_eq!(normalised(content), expected);
        }
    }
}

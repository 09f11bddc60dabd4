//! Normalisation of texts: mentions become pseudonyms, and Discord's markup becomes plain text.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use persona_core::{
    Id, Message,
    mentions::{self, SOMEONE},
};
use regex::{Captures, Regex};

use crate::people::People;

/// Normalised text of `message`.
///
/// Raw (`<@id>`, `<@!id>`) and rendered (`@Nickname`) mentions become `@u<N>`, custom emoji `:name:`,
/// channels `#name`, roles `@role`, commands `/name`. All else stays as written.
pub fn text(message: &Message, people: &People, channels: &BTreeMap<Id, String>) -> String {
    let named = |id| Some(handle(people, id).into_owned());
    let rendered = mentions::replace_rendered(&message.content, &message.mentions, &named);
    raw_markup(&rendered, people, channels).trim().to_owned()
}

fn handle(people: &People, id: Id) -> Cow<'static, str> {
    match people.get(id) {
        Some(person) => Cow::Owned(format!("@{}", person.pseudonym)),
        None => Cow::Borrowed(SOMEONE),
    }
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
    use persona_core::Mention;

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

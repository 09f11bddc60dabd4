//! Content of the data files: people, channels, and everything that people say.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    channels::Channels,
    choices::Choices,
    script::{Act, Topic},
    template::Template,
};

/// Content of all data files. The code knows none of the words; other files make another group of people.
#[derive(Debug)]
pub(crate) struct Words {
    /// Content of `people.toml`.
    pub(crate) people: People,
    /// Content of `habits.toml`.
    pub(crate) habits: HabitWords,
    /// Content of `small_talk.toml`.
    pub(crate) small_talk: SmallTalk,
    /// Contents of `topics/*.toml`, by file name without the extension.
    pub(crate) topics: BTreeMap<String, Topic>,
    /// Content of `channels.toml`.
    pub(crate) channels: Channels,
    /// Content of `oddities.toml`.
    pub(crate) oddities: OddityWords,
}

impl Words {
    /// Words for the slot `name` in conversations about `topic`.
    pub(crate) fn slot<'a>(&'a self, topic: &'a Topic, name: &str) -> Option<&'a Choices<String>> {
        let own = topic.slots.get(name);
        own.or_else(|| self.small_talk.slots.get(name))
    }
}

/// People who can be on the server, and their vocabulary.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct People {
    /// Names for the server.
    pub(crate) servers: Choices<String>,
    /// Accounts of people.
    pub(crate) friends: Vec<Friend>,
    /// Animals for people to live with.
    pub(crate) pets: Vec<Pet>,
    /// Sets of emoji to end messages with.
    pub(crate) emoji: Choices<Choices<String>>,
    /// Sets of words to begin messages with.
    pub(crate) favourites: Choices<Choices<String>>,
    /// Pairs of a long form and its abbreviation.
    pub(crate) shorthand: Vec<[String; 2]>,
}

/// Account of a person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Friend {
    /// Unique name.
    pub(crate) name: String,
    /// Nickname that the server shows.
    pub(crate) nickname: String,
}

/// An animal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pet {
    /// Name of the animal.
    pub(crate) name: String,
    /// Species of the animal.
    pub(crate) species: String,
}

/// Words of the planted habits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HabitWords {
    /// `*yawns*` and the like.
    pub(crate) stage_directions: Choices<String>,
    /// Clauses to put behind a semicolon where a text has no clauses to join.
    pub(crate) clause_tails: Choices<String>,
    /// Words whose vowel is drawn out.
    pub(crate) stretched: Vec<String>,
}

/// Templates that belong to no topic.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmallTalk {
    /// Jokes about any topic. Like all small talk, they may use the slots of the topic, mostly `thing`.
    pub(crate) jokes: Choices<Template>,
    /// Jokes about a joke.
    pub(crate) banter: Choices<Template>,
    /// Encouragement.
    pub(crate) cheer: Choices<Template>,
    /// Answers to a hello.
    pub(crate) hello_back: Choices<Template>,
    /// Goodbyes.
    pub(crate) byes: Choices<Template>,
    /// Long agreement.
    pub(crate) agree: Choices<Template>,
    /// Disagreement.
    pub(crate) disagree: Choices<Template>,
    /// Dull complaints about anything.
    pub(crate) grumbles: Choices<Template>,
    /// Dull arrangements about anything.
    pub(crate) errands: Choices<Template>,
    /// Ends that make a dull line longer.
    pub(crate) tails: Choices<Template>,
    /// Comments of one or two words on acts that are not in `nods`.
    pub(crate) nod: Choices<Template>,
    /// Hellos.
    pub(crate) hello: Hello,
    /// Words for every topic, by slot.
    pub(crate) slots: BTreeMap<String, Choices<String>>,
    /// Comments of one or a few words, by act.
    pub(crate) nods: BTreeMap<Act, Choices<Template>>,
}

/// Hellos by time of day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hello {
    morning: Choices<Template>,
    afternoon: Choices<Template>,
    evening: Choices<Template>,
    night: Choices<Template>,
}

impl SmallTalk {
    /// Hellos for `hour`, UTC.
    pub(crate) fn hello(&self, hour: u32) -> &Choices<Template> {
        match hour {
            5..11 => &self.hello.morning,
            11..17 => &self.hello.afternoon,
            17..22 => &self.hello.evening,
            _ => &self.hello.night,
        }
    }

    /// Comments on `act`.
    pub(crate) fn nods(&self, act: Act) -> &Choices<Template> {
        self.nods.get(&act).unwrap_or(&self.nod)
    }

    /// All templates of small talk.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        let hello = &self.hello;
        [
            &self.jokes,
            &self.banter,
            &self.cheer,
            &self.hello_back,
            &self.byes,
            &self.agree,
            &self.disagree,
            &self.grumbles,
            &self.errands,
            &self.tails,
            &self.nod,
            &hello.morning,
            &hello.afternoon,
            &hello.evening,
            &hello.night,
        ]
        .into_iter()
        .chain(self.nods.values())
        .flat_map(|lines| lines.iter())
    }
}

/// Texts of the oddities that real exports hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OddityWords {
    /// Messages of a person who deleted the account later, in order.
    pub(crate) farewell: Vec<String>,
    /// Messages that are only a link.
    pub(crate) links: Choices<String>,
    /// Messages with code.
    pub(crate) snippets: Choices<String>,
    /// Message with an unclosed code fence.
    pub(crate) unclosed: String,
    /// Name of the sticker.
    pub(crate) sticker: String,
    /// Messages of emoji only.
    pub(crate) emoji: Vec<String>,
    /// Webhooks.
    pub(crate) feed: Choices<Webhook>,
    /// Weather descriptions for the forecasts.
    pub(crate) skies: Choices<String>,
}

/// A webhook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// Name of the webhook.
    pub(crate) name: String,
    /// Text before the number in the webhook's messages.
    pub(crate) text: String,
}

//! What the data files of this crate hold: all that people say, and who they are.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    channels::Channels,
    choices::Choices,
    script::{Act, Topic},
    template::Template,
};

/// All data files. Other words make another group of people; nothing of the code knows them.
#[derive(Debug)]
pub(crate) struct Words {
    /// `people.toml`
    pub(crate) people: People,
    /// `habits.toml`
    pub(crate) habits: HabitWords,
    /// `small_talk.toml`
    pub(crate) small_talk: SmallTalk,
    /// `topics/*.toml`, by name of the file without its ending.
    pub(crate) topics: BTreeMap<String, Topic>,
    /// `channels.toml`
    pub(crate) channels: Channels,
    /// `oddities.toml`
    pub(crate) oddities: OddityWords,
}

impl Words {
    /// What can be put into the slot `name` when `topic` is talked about.
    pub(crate) fn slot<'a>(&'a self, topic: &'a Topic, name: &str) -> Option<&'a Choices<String>> {
        let own = topic.slots.get(name);
        own.or_else(|| self.small_talk.slots.get(name))
    }
}

/// Who can be on the server, and what people write with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct People {
    /// Names that the server may have.
    pub(crate) servers: Choices<String>,
    /// Accounts.
    pub(crate) friends: Vec<Friend>,
    /// Animals that people live with.
    pub(crate) pets: Vec<Pet>,
    /// Sets of emoji to end messages with.
    pub(crate) emoji: Choices<Choices<String>>,
    /// Sets of words to begin messages with.
    pub(crate) favourites: Choices<Choices<String>>,
    /// What is written long, and what quick typists write instead.
    pub(crate) shorthand: Vec<[String; 2]>,
}

/// An account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Friend {
    /// Unique name.
    pub(crate) name: String,
    /// What the server shows.
    pub(crate) nickname: String,
}

/// An animal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pet {
    /// What it is called.
    pub(crate) name: String,
    /// What it is.
    pub(crate) species: String,
}

/// Words of the planted habits.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HabitWords {
    /// `*yawns*` and the like.
    pub(crate) stage_directions: Choices<String>,
    /// What follows a semicolon where a text has no clauses to join.
    pub(crate) clause_tails: Choices<String>,
    /// Words whose vowel is drawn out.
    pub(crate) stretched: Vec<String>,
}

/// Templates that belong to no subject.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmallTalk {
    /// Jokes for any subject; like all of these they may use its slots, `thing` above all.
    pub(crate) jokes: Choices<Template>,
    /// Jokes on top of a joke.
    pub(crate) banter: Choices<Template>,
    /// Cheering somebody on.
    pub(crate) cheer: Choices<Template>,
    /// Answers to a hello.
    pub(crate) hello_back: Choices<Template>,
    /// Goodbyes.
    pub(crate) byes: Choices<Template>,
    /// Being of the same mind, at length.
    pub(crate) agree: Choices<Template>,
    /// Not being of the same mind.
    pub(crate) disagree: Choices<Template>,
    /// Dull complaints about anything.
    pub(crate) grumbles: Choices<Template>,
    /// Dull arrangements about anything.
    pub(crate) errands: Choices<Template>,
    /// What makes a dull line longer.
    pub(crate) tails: Choices<Template>,
    /// One or two words to an act that is not in `nods`.
    pub(crate) nod: Choices<Template>,
    /// Hellos.
    pub(crate) hello: Hello,
    /// Words that every subject can use, by slot.
    pub(crate) slots: BTreeMap<String, Choices<String>>,
    /// One or a few words to an act.
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
    /// Hellos at `hour`, UTC.
    pub(crate) fn hello(&self, hour: u32) -> &Choices<Template> {
        match hour {
            5..11 => &self.hello.morning,
            11..17 => &self.hello.afternoon,
            17..22 => &self.hello.evening,
            _ => &self.hello.night,
        }
    }

    /// One or a few words to `act`.
    pub(crate) fn nods(&self, act: Act) -> &Choices<Template> {
        self.nods.get(&act).unwrap_or(&self.nod)
    }

    /// Every template in it.
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

/// Words of what real exports also hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OddityWords {
    /// Messages of somebody who has since deleted the account, in order.
    pub(crate) farewell: Vec<String>,
    /// Messages that are a link and nothing else.
    pub(crate) links: Choices<String>,
    /// Messages with code in them.
    pub(crate) snippets: Choices<String>,
    /// A message with a code fence that nobody closed.
    pub(crate) unclosed: String,
    /// Name of the sticker.
    pub(crate) sticker: String,
    /// Messages that are emoji and nothing else.
    pub(crate) emoji: Vec<String>,
    /// Webhooks.
    pub(crate) feed: Choices<Webhook>,
    /// Skies of the forecasts.
    pub(crate) skies: Choices<String>,
}

/// A webhook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    /// What it goes by.
    pub(crate) name: String,
    /// What comes before a number in its messages.
    pub(crate) text: String,
}

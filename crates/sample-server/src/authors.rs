//! The cast: invented people, their belongings and their ways of writing.

use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    choices::pick,
    habits::Habit,
    snowflake::snowflake,
    style::{Case, Voice},
    template::Fact,
    words::{Pet, Words},
};

/// Invented person on the server.
#[derive(Debug)]
pub(crate) struct Author<'w> {
    /// Position in the cast.
    pub(crate) index: usize,
    /// Snowflake of the account.
    pub(crate) id: u64,
    /// Unique name of the account.
    pub(crate) name: &'w str,
    /// Nickname that the server shows.
    pub(crate) nickname: &'w str,
    /// Short name that friends use.
    pub(crate) handle: &'w str,
    /// Colour of the highest role.
    pub(crate) colour: Option<&'static str>,
    /// Share of all messages.
    pub(crate) weight: f64,
    /// Hour, UTC, around which the author is online.
    pub(crate) peak_hour: u32,
    /// Factor on the chance that others react to the author, around 1.
    pub(crate) charm: f64,
    /// Way of writing.
    pub(crate) voice: Voice<'w>,
    /// Animal that lives with the author.
    pub(crate) pet: &'w Pet,
}

impl<'w> Author<'w> {
    /// Name or species of the author's animal.
    pub(crate) fn fact(&self, fact: Fact) -> &'w str {
        match fact {
            Fact::Pet => &self.pet.name,
            Fact::Species => &self.pet.species,
        }
    }
}

/// Number of people.
pub(crate) const PEOPLE: usize = 12;

/// Shares of all messages, largest first.
const WEIGHTS: [f64; PEOPLE] = [
    0.262, 0.14, 0.11, 0.095, 0.085, 0.075, 0.065, 0.06, 0.058, 0.025, 0.015, 0.01,
];

const COLOURS: [Option<&str>; 6] = [
    None,
    Some("#1ABC9C"),
    Some("#E67E22"),
    None,
    Some("#9B59B6"),
    Some("#F1C40F"),
];

const PEAKS: [u32; 6] = [19, 7, 12, 20, 23, 16];

/// Invents the cast.
pub(crate) fn cast<'w>(words: &'w Words, rng: &mut ChaCha8Rng) -> Vec<Author<'w>> {
    let mut friends: Vec<_> = words.people.friends.iter().collect();
    let mut pets: Vec<_> = words.people.pets.iter().collect();
    let mut habits = [
        Habit::Tilde,
        Habit::OkaySo,
        Habit::Ellipsis,
        Habit::Stretch,
        Habit::Blob,
        Habit::Tbh,
        Habit::Semicolon,
        Habit::CatFace,
        Habit::Stage,
    ];
    friends.shuffle(rng);
    pets.shuffle(rng);
    habits.shuffle(rng);
    (0..PEOPLE)
        .map(|index| {
            let friend = friends[index];
            Author {
                index,
                id: snowflake(
                    1_430_000_000_000 + rng.random_range(0..150_000_000_000),
                    index as u64,
                ),
                name: &friend.name,
                nickname: &friend.nickname,
                handle: friend.name.trim_end_matches(|c: char| !c.is_alphabetic()),
                colour: *pick(&COLOURS, rng),
                weight: WEIGHTS[index],
                peak_hour: PEAKS[index % PEAKS.len()],
                charm: rng.random_range(0.85..1.1),
                voice: voice(words, index, habits.get(index).copied(), rng),
                pet: pets[index],
            }
        })
        .collect()
}

/// Rate of a habit for an author with this share of messages. Authors who write less show their habits more often, so
/// that each habit is frequent enough on the server.
fn rate(weight: f64) -> f64 {
    (0.05 / weight).clamp(0.6, 0.92)
}

fn voice<'w>(
    words: &'w Words,
    index: usize,
    habit: Option<Habit>,
    rng: &mut ChaCha8Rng,
) -> Voice<'w> {
    let mut habits: Vec<_> = habit
        .map(|habit| (habit, rate(WEIGHTS[index])))
        .into_iter()
        .collect();
    if index == 1 {
        habits[0].1 = 0.45;
        // First in the list, because the other habit may want the end of the line.
        habits.insert(0, (Habit::Innit, 0.45));
    }
    let case = match habit {
        Some(Habit::Tilde | Habit::Ellipsis | Habit::CatFace | Habit::Tbh) => Case::Lower,
        Some(Habit::Semicolon) => Case::Sentence,
        Some(_) => *pick(&[Case::AsIs, Case::Sentence, Case::Lower], rng),
        None if index == 9 => Case::Upper,
        None => Case::Lower,
    };
    let tidy = matches!(habit, Some(Habit::Semicolon));
    Voice {
        words,
        habits,
        case,
        stops: if tidy {
            0.9
        } else {
            *pick(&[0.0, 0.05, 0.3], rng)
        },
        shorthand: if tidy {
            0.0
        } else {
            *pick(&[0.0, 0.25, 0.5, 0.8], rng)
        },
        apostrophes: tidy || rng.random_bool(0.5),
        typos: if tidy {
            0.0
        } else {
            *pick(&[0.01, 0.03, 0.07], rng)
        },
        bursts: match habit {
            Some(Habit::OkaySo | Habit::Semicolon) => 0.02,
            Some(Habit::Tilde | Habit::Tbh) => 0.3,
            _ => *pick(&[0.05, 0.12, 0.25], rng),
        },
        emoji_rate: *pick(&[0.0, 0.03, 0.08], rng),
        emoji: words.people.emoji.pick(rng),
        favourite_rate: rng.random_range(0.02..0.08),
        favourites: words.people.favourites.pick(rng),
    }
}

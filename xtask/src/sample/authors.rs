//! The cast: invented people, what belongs to them and how they write.

use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    grammar::{Lines, pick},
    habits::Habit,
    snowflake,
    style::{Case, Voice},
};

/// Somebody on the server.
#[derive(Debug)]
pub(super) struct Author {
    /// Position in the cast.
    pub(super) index: usize,
    /// Snowflake of the account.
    pub(super) id: u64,
    /// Unique name of the account.
    pub(super) name: String,
    /// What the server shows.
    pub(super) nickname: String,
    /// What friends call them.
    pub(super) handle: &'static str,
    /// Colour of the highest role.
    pub(super) colour: Option<&'static str>,
    /// Share of all messages.
    pub(super) weight: f64,
    /// The hour, UTC, around which they are online.
    pub(super) peak_hour: u32,
    /// How readily others react to them, around 1.
    pub(super) charm: f64,
    /// How they write.
    pub(super) voice: Voice,
    facts: [(&'static str, String); 2],
}

impl Author {
    /// What belongs to them, by slot.
    pub(super) fn fact(&self, name: &str) -> &str {
        let found = self.facts.iter().find(|(key, _)| *key == name);
        &found.expect("templates ask for facts that authors have").1
    }

    /// Whether there is such a fact.
    pub(super) fn has_fact(&self, name: &str) -> bool {
        self.facts.iter().any(|(key, _)| *key == name)
    }
}

/// Shares of all messages, heaviest first.
const WEIGHTS: [f64; 12] = [
    0.262, 0.14, 0.11, 0.095, 0.085, 0.075, 0.065, 0.06, 0.058, 0.025, 0.015, 0.01,
];

const HANDLES: [(&str, &str); 20] = [
    ("mossy", "mossy"),
    ("kettle", "kettle"),
    ("quiet_otter", "quiet otter 🦦"),
    ("brambleby", "brambleby"),
    ("ninepin", "ninepin"),
    ("tapioca_", "tapioca"),
    ("saltlamp", "Saltlamp"),
    ("juniper.exe", "juniper.exe"),
    ("dustbunny", "dust bunny"),
    ("pylon", "PYLON"),
    ("fennel__", "fennel"),
    ("overcast", "overcast ☁️"),
    ("wobblegong", "wobblegong"),
    ("lampshade", "lampshade"),
    ("tofu_knight", "Tofu Knight"),
    ("marzipan9", "marzipan"),
    ("foghorn_", "foghorn"),
    ("pebbledash", "pebble"),
    ("sprocket77", "sprocket"),
    ("thimble", "thimble"),
];

const PETS: [(&str, &str); 20] = [
    ("Biscuit", "cat"),
    ("Turnip", "rabbit"),
    ("Admiral", "parrot"),
    ("Noodle", "dog"),
    ("Pickle", "hamster"),
    ("Gravel", "tortoise"),
    ("Muffin", "cat"),
    ("Waffle", "dog"),
    ("Pumpkin", "cat"),
    ("Socks", "rabbit"),
    ("Button", "guinea pig"),
    ("Moth", "cat"),
    ("Radish", "dog"),
    ("Crumb", "rat"),
    ("Dumpling", "cat"),
    ("Bolt", "dog"),
    ("Clementine", "budgie"),
    ("Truffle", "ferret"),
    ("Pretzel", "dog"),
    ("Bean", "cat"),
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

/// Makes the cast.
pub(super) fn cast(rng: &mut ChaCha8Rng) -> Vec<Author> {
    let mut handles = HANDLES;
    let mut pets = PETS;
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
    handles.shuffle(rng);
    pets.shuffle(rng);
    habits.shuffle(rng);
    (0..WEIGHTS.len())
        .map(|index| {
            let (name, nickname) = handles[index];
            let (pet, species) = pets[index];
            Author {
                index,
                id: snowflake(
                    1_430_000_000_000 + rng.random_range(0..150_000_000_000),
                    index as u64,
                ),
                name: name.to_owned(),
                nickname: nickname.to_owned(),
                handle: name.trim_end_matches(|c: char| !c.is_alphabetic()),
                colour: pick(&COLOURS, rng),
                weight: WEIGHTS[index],
                peak_hour: PEAKS[index % PEAKS.len()],
                charm: rng.random_range(0.85..1.1),
                voice: voice(index, habits.get(index).copied(), rng),
                facts: [("pet", pet.to_owned()), ("species", species.to_owned())],
            }
        })
        .collect()
}

/// Habits must be seen often enough over the whole server, so that rarer authors show theirs more.
fn rate(weight: f64) -> f64 {
    (0.05 / weight).clamp(0.6, 0.92)
}

fn voice(index: usize, habit: Option<Habit>, rng: &mut ChaCha8Rng) -> Voice {
    const EMOJI: [Lines; 4] = [
        &["😅", "🙈", "✨", "🫠"],
        &["👍🏽", "🙏🏽", "🤷🏽‍♀️", "😂"],
        &["🧑‍💻", "🤔", "👀", "💀"],
        &["🌧️", "☕", "🐌", "🏳️‍🌈", "👩‍🍳"],
    ];
    const FAVOURITES: [Lines; 4] = [
        &["honestly", "basically"],
        &["look", "well"],
        &["hm", "ah"],
        &["oh", "wait"],
    ];
    let mut habits: Vec<_> = habit
        .map(|habit| (habit, rate(WEIGHTS[index])))
        .into_iter()
        .collect();
    if index == 1 {
        habits[0].1 = 0.45;
        // Before the other one, which may want the end of the line.
        habits.insert(0, (Habit::Innit, 0.45));
    }
    let case = match habit {
        Some(Habit::Tilde | Habit::Ellipsis | Habit::CatFace | Habit::Tbh) => Case::Lower,
        Some(Habit::Semicolon) => Case::Sentence,
        Some(_) => pick(&[Case::AsIs, Case::Sentence, Case::Lower], rng),
        None if index == 9 => Case::Upper,
        None => Case::Lower,
    };
    let tidy = matches!(habit, Some(Habit::Semicolon));
    Voice {
        habits,
        case,
        stops: if tidy {
            0.9
        } else {
            pick(&[0.0, 0.05, 0.3], rng)
        },
        shorthand: if tidy {
            0.0
        } else {
            pick(&[0.0, 0.25, 0.5, 0.8], rng)
        },
        apostrophes: tidy || rng.random_bool(0.5),
        typos: if tidy {
            0.0
        } else {
            pick(&[0.01, 0.03, 0.07], rng)
        },
        bursts: match habit {
            Some(Habit::OkaySo | Habit::Semicolon) => 0.02,
            Some(Habit::Tilde | Habit::Tbh) => 0.3,
            _ => pick(&[0.05, 0.12, 0.25], rng),
        },
        emoji_rate: pick(&[0.0, 0.03, 0.08], rng),
        emoji: pick(&EMOJI, rng),
        favourite_rate: rng.random_range(0.02..0.08),
        favourites: pick(&FAVOURITES, rng),
    }
}

//! Channels and threads, and what is peculiar about the export of each.

use super::{
    grammar::Topic,
    topics::{BIKES, BOARDGAMES, CODING, FOOD, GAMES, MEMES, MUSIC, PETS, PLANTS, WEATHER},
};

/// Position of the channel that is exported in parts.
pub(super) const GENERAL: usize = 0;
/// Position of the channel with dice.
pub(super) const GAMES_CHANNEL: usize = 1;
/// Position of the channel with the feed.
pub(super) const WORKSHOP: usize = 5;

/// A channel or thread.
#[derive(Debug)]
pub(super) struct Channel {
    /// Its name.
    pub(super) name: &'static str,
    /// Its topic.
    pub(super) about: Option<&'static str>,
    /// The category of a channel, or the parent channel of a thread, which exports call by the same name.
    pub(super) parent: Parent,
    /// What is talked about, with shares.
    pub(super) topics: &'static [(&'static Topic, f64)],
    /// Share of all conversations.
    pub(super) share: f64,
    /// Exported with `--markdown false`.
    pub(super) raw: bool,
    /// Exported by a version that knew neither replies nor `inlineEmojis`.
    pub(super) old: bool,
    /// The exporter's offset from UTC, in minutes.
    pub(super) offset_minutes: i32,
}

/// Where a channel hangs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Parent {
    /// A category, by name.
    Category(&'static str),
    /// A channel, by position.
    Channel(usize),
}

/// All of them; threads come after their channels.
pub(super) const CHANNELS: [Channel; 9] = [
    Channel {
        name: "general",
        about: Some("Everything and nothing"),
        parent: Parent::Category("🏮 Lobby"),
        topics: &[
            (&WEATHER, 4.0),
            (&MEMES, 3.0),
            (&PETS, 1.5),
            (&BOARDGAMES, 1.0),
            (&FOOD, 1.0),
            (&CODING, 0.5),
        ],
        share: 0.24,
        raw: true,
        old: false,
        offset_minutes: 0,
    },
    Channel {
        name: "games",
        about: Some("Screens and tables"),
        parent: Parent::Category("🏮 Lobby"),
        topics: &[(&GAMES, 4.0), (&BOARDGAMES, 2.0)],
        share: 0.19,
        raw: false,
        old: false,
        offset_minutes: 0,
    },
    Channel {
        name: "kitchen-table",
        about: Some("Show us your dinner"),
        parent: Parent::Category("🏮 Lobby"),
        topics: &[(&FOOD, 1.0)],
        share: 0.14,
        raw: false,
        old: false,
        offset_minutes: 120,
    },
    Channel {
        name: "paws-and-leaves-🌿",
        about: None,
        parent: Parent::Category("Hobbies / Home"),
        topics: &[(&PETS, 3.0), (&PLANTS, 2.0)],
        share: 0.15,
        raw: false,
        old: false,
        offset_minutes: 0,
    },
    Channel {
        name: "jukebox",
        about: Some("Loud things"),
        parent: Parent::Category("Hobbies / Home"),
        topics: &[(&MUSIC, 3.0), (&MEMES, 1.0)],
        share: 0.10,
        raw: false,
        old: true,
        offset_minutes: 0,
    },
    Channel {
        name: "workshop",
        about: Some("Homework, code, bicycles"),
        parent: Parent::Category("Hobbies / Home"),
        topics: &[(&CODING, 1.0), (&BIKES, 1.0)],
        share: 0.12,
        raw: true,
        old: false,
        offset_minutes: -300,
    },
    Channel {
        name: "board game night",
        about: None,
        parent: Parent::Channel(1),
        topics: &[(&BOARDGAMES, 1.0)],
        share: 0.03,
        raw: false,
        old: false,
        offset_minutes: 0,
    },
    Channel {
        name: "the \"sourdough\" diary",
        about: None,
        parent: Parent::Channel(2),
        topics: &[(&FOOD, 1.0)],
        share: 0.015,
        raw: false,
        old: false,
        offset_minutes: 120,
    },
    Channel {
        name: "tandem rescue",
        about: None,
        parent: Parent::Channel(5),
        topics: &[(&BIKES, 1.0)],
        share: 0.015,
        raw: true,
        old: false,
        offset_minutes: 0,
    },
];

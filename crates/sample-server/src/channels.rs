//! Channels and threads, and the peculiarities of their exports.

use std::ops::Index;

use serde::Deserialize;

/// All channels and threads; threads follow their channels.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Channels {
    list: Vec<Channel>,
    /// Position of the channel with notices and forecasts, which is exported in two parts.
    pub(crate) lobby: usize,
    /// Position of the channel with the dice bot.
    pub(crate) dice: usize,
    /// Position of the channel with the feed webhook.
    pub(crate) feed: usize,
    /// Position of the channel whose export holds some messages twice.
    pub(crate) repeating: usize,
}

/// A channel or thread.
#[derive(Debug)]
pub(crate) struct Channel {
    /// Name of the channel.
    pub(crate) name: String,
    /// Topic of the channel, in Discord's sense.
    pub(crate) about: Option<String>,
    /// The category of a channel, or the parent channel of a thread, which exports call by the same name.
    pub(crate) parent: Parent,
    /// Names of the topics that are talked about, with their shares.
    pub(crate) topics: Vec<(String, f64)>,
    /// Share of all conversations.
    pub(crate) share: f64,
    /// Exported with `--markdown false`.
    pub(crate) raw: bool,
    /// Exported by a version that knew neither replies nor `inlineEmojis`.
    pub(crate) old: bool,
    /// The exporter's offset from UTC, in minutes.
    pub(crate) offset_minutes: i32,
}

/// Category of a channel, or parent channel of a thread.
#[derive(Clone, Debug)]
pub(crate) enum Parent {
    /// A category, by name.
    Category(String),
    /// A channel, by position.
    Channel(usize),
}

impl Channels {
    /// Number of channels and threads.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// All channels and threads, by position.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Channel> {
        self.list.iter()
    }
}

impl Index<usize> for Channels {
    type Output = Channel;

    fn index(&self, position: usize) -> &Channel {
        &self.list[position]
    }
}

/// Content of `channels.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    channels: Vec<WrittenChannel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenChannel {
    name: String,
    about: Option<String>,
    category: Option<String>,
    thread_of: Option<String>,
    topics: Vec<(String, f64)>,
    share: f64,
    #[serde(default)]
    raw: bool,
    #[serde(default)]
    old: bool,
    #[serde(default)]
    offset_minutes: i32,
    role: Option<Role>,
}

/// Role that exactly one channel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Lobby,
    Dice,
    Feed,
    Repeating,
}

impl TryFrom<Written> for Channels {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let position = |role: Role| {
            let channels = written.channels.iter();
            let found: Vec<usize> = channels
                .enumerate()
                .filter(|(_, channel)| channel.role == Some(role))
                .map(|(at, _)| at)
                .collect();
            match found[..] {
                [one] => Ok(one),
                _ => Err(format!(
                    "{} channels have the role {role:?}, expected one",
                    found.len()
                )),
            }
        };
        let (lobby, dice) = (position(Role::Lobby)?, position(Role::Dice)?);
        let (feed, repeating) = (position(Role::Feed)?, position(Role::Repeating)?);
        let mut list: Vec<Channel> = Vec::new();
        for channel in written.channels {
            let parent = parent(&channel, &list)?;
            let shares = channel.topics.iter().map(|(_, share)| share);
            if channel.topics.is_empty()
                || shares.chain([&channel.share]).any(|share| *share <= 0.0)
            {
                return Err(format!(
                    "the channel `{}` needs topics, and shares above 0",
                    channel.name
                ));
            }
            list.push(Channel {
                name: channel.name,
                about: channel.about,
                parent,
                topics: channel.topics,
                share: channel.share,
                raw: channel.raw,
                old: channel.old,
                offset_minutes: channel.offset_minutes,
            });
        }
        Ok(Self {
            list,
            lobby,
            dice,
            feed,
            repeating,
        })
    }
}

fn parent(channel: &WrittenChannel, before: &[Channel]) -> Result<Parent, String> {
    match (&channel.category, &channel.thread_of) {
        (Some(category), None) => Ok(Parent::Category(category.clone())),
        (None, Some(parent)) => before
            .iter()
            .position(|other| other.name == *parent)
            .map(Parent::Channel)
            .ok_or_else(|| {
                format!(
                    "the thread `{}` is in `{parent}`, expected a channel before it",
                    channel.name
                )
            }),
        _ => Err(format!(
            "the channel `{}` needs either `category` or `thread_of`",
            channel.name
        )),
    }
}

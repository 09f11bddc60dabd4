//! What reading from Discord came to, channel by channel.

use persona_core::{ChannelKind, Guild, Id};
use persona_store::Counts;
use serde::Serialize;

use crate::report::{Odd, Totals};

/// How many odd messages of a channel are listed; all are counted.
const LISTED: usize = 20;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guild: Option<Guild>,
    /// Counts over all channels.
    pub totals: Totals,
    /// Pages that were stored.
    pub pages: u64,
    /// Messages that were found to be deleted.
    pub deleted: u64,
    /// Every channel and thread that can hold messages, by id.
    pub channels: Vec<ChannelReport>,
    /// Channels and threads of Discord's lists that could not be understood.
    pub odd_places: Vec<String>,
    /// What the store holds now.
    pub store: Counts,
}

/// What came of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelReport {
    /// The channel or thread.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// The channel of a thread, the category of a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// Whether its messages may be used.
    pub allowed: bool,
    /// How it went.
    pub state: State,
    /// Why it could not be read, or what is odd about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Counts of its messages.
    pub totals: Totals,
    /// Messages that were found to be deleted.
    pub deleted: u64,
    /// The first messages that could not be understood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<Odd>,
}

/// How reading a channel went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// There is more to read than was read.
    Unfinished,
    /// It was read to its end.
    Read,
    /// There was nothing new.
    UpToDate,
    /// It is not on the list of allowed channels.
    Denied,
    /// The bot may not read it.
    Forbidden,
    /// It is gone.
    Gone,
    /// It could not be read to its end.
    Failed,
}

impl ChannelReport {
    /// The channel as people call it.
    pub fn label(&self) -> String {
        label(self.kind, &self.name)
    }

    pub(super) fn add_odd(&mut self, odd: Odd) {
        self.totals.odd += 1;
        if self.odd.len() < LISTED {
            self.odd.push(odd);
        }
    }
}

impl Report {
    /// Channels in this state.
    pub fn in_state(&self, state: State) -> impl Iterator<Item = &ChannelReport> {
        self.channels
            .iter()
            .filter(move |channel| channel.state == state)
    }
}

/// A channel as people call it.
pub(super) fn label(kind: ChannelKind, name: &str) -> String {
    if kind == ChannelKind::Thread {
        format!("thread `{name}`")
    } else {
        format!("`#{name}`")
    }
}

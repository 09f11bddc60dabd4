//! Report of a fetch, channel by channel.

use persona_core::{ChannelKind, Guild, Id};
use persona_store::Counts;
use serde::Serialize;

use crate::report::{Odd, Totals};

/// Odd messages of a channel that are listed; all are counted.
const LISTED: usize = 20;

/// Report of a fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guild: Option<Guild>,
    /// Totals over all channels.
    pub totals: Totals,
    /// Pages that were stored.
    pub pages: u64,
    /// Messages that were found to be deleted.
    pub deleted: u64,
    /// Every channel and thread that can hold messages, by id.
    pub channels: Vec<ChannelReport>,
    /// Odd entries in Discord's lists of channels and threads.
    pub odd_places: Vec<String>,
    /// Counts of what the store holds.
    pub store: Counts,
}

/// Report of one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelReport {
    /// The channel or thread.
    pub id: Id,
    /// Name of the channel.
    pub name: String,
    /// Kind of the channel.
    pub kind: ChannelKind,
    /// The channel of a thread, the category of a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// Whether the channel is allowed.
    pub allowed: bool,
    /// Result for the channel.
    pub state: ChannelState,
    /// Reason for which it could not be read, or a description of what is odd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Totals of its messages.
    pub totals: Totals,
    /// Messages that were found to be deleted.
    pub deleted: u64,
    /// First odd messages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<Odd>,
}

/// Result of reading a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChannelState {
    /// Read in part; there is more.
    Unfinished,
    /// Read to its end.
    Read,
    /// Nothing was new.
    UpToDate,
    /// Not allowed.
    Denied,
    /// The bot may not read it.
    Forbidden,
    /// The channel no longer exists (404).
    Gone,
    /// Not read to its end because of an error.
    Failed,
}

impl ChannelReport {
    /// Name of the channel for people.
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
    /// Channels with this result.
    pub fn in_state(&self, state: ChannelState) -> impl Iterator<Item = &ChannelReport> {
        self.channels
            .iter()
            .filter(move |channel| channel.state == state)
    }
}

/// Name of a channel for people.
pub(super) fn label(kind: ChannelKind, name: &str) -> String {
    if kind == ChannelKind::Thread {
        format!("thread `{name}`")
    } else {
        format!("`#{name}`")
    }
}

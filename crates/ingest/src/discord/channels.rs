//! Channels of the server and their threads.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use persona_core::{Channel, ChannelKind, Guild, Id, Progress, Unit};
use persona_discord::{ChannelInfo, Error as ApiError, OddRecord, Rest, ThreadList, Threads};

use super::{
    Inputs, choice,
    config::{FetchConfig, NewChannels},
    error::Error,
    report::{ChannelReport, ChannelState, label},
    task::{Spawned, StoreThread},
};
use crate::report::Totals;

/// Number of thread lists that are requested side by side.
const LISTS_AT_ONCE: usize = 16;

/// Server with all its channels and threads that can hold messages or threads.
#[derive(Debug)]
pub(super) struct ServerChannels {
    /// The server.
    pub(super) guild: Guild,
    /// The bot's account id.
    pub(super) me: Id,
    /// Channels and threads, by id.
    pub(super) found: BTreeMap<Id, ListedChannel>,
    /// Stored channels that Discord does not list, such as archived threads of a denied channel, and whether the user
    /// allowed them.
    pub(super) unlisted: Vec<(Id, bool)>,
    /// Descriptions of entries in Discord's lists that were not understood.
    pub(super) odd: Vec<String>,
}

/// Channel or thread of the server.
#[derive(Debug)]
pub(super) struct ListedChannel {
    /// The channel as Discord lists it.
    pub(super) info: ChannelInfo,
    /// Whether the channel is allowed.
    pub(super) allowed: bool,
    /// Reason for which its threads could not be listed.
    pub(super) refused: Option<String>,
}

impl ListedChannel {
    /// Whether the channel itself holds messages; forums hold threads only.
    pub(super) fn holds_messages(&self) -> bool {
        self.info.channel.kind != ChannelKind::Forum
    }

    /// Report of the channel, before anything is read.
    pub(super) fn report(self, state: ChannelState) -> ChannelReport {
        let channel = self.info.channel;
        ChannelReport {
            id: channel.id,
            name: channel.name,
            kind: channel.kind,
            parent: channel.parent_id,
            allowed: self.allowed,
            state,
            remark: self.refused,
            totals: Totals::default(),
            deleted: 0,
            odd: Vec::new(),
        }
    }
}

/// Requests the server, its channels and threads, and decides which are allowed.
pub(super) async fn find(
    config: &FetchConfig,
    inputs: &Inputs,
    progress: &dyn Progress,
    store_thread: &mut StoreThread,
) -> Result<ServerChannels, Error> {
    let rest = &inputs.rest;
    let me = rest.me().await?.id;
    let guild = choose(rest, inputs.guild).await?;
    let mut survey = Survey {
        config,
        guild: guild.id,
        stored: stored(store_thread).await?,
        channels: BTreeMap::new(),
        odd: Vec::new(),
    };
    let list = rest.channels(guild.id).await?;
    survey.note_odd(list.odd);
    let threads = rest.active_threads(guild.id).await?;
    survey.note_odd(threads.odd);
    let (categories, channels): (Vec<_>, Vec<_>) = list
        .items
        .into_iter()
        .partition(|info| !is_of_interest(info));
    let choice = survey.choice(inputs, &categories, &[&channels, &threads.items])?;
    for info in channels.into_iter().chain(threads.items) {
        survey.add(info, &choice);
    }
    if config.archived_threads {
        survey.archived(rest, progress, &choice).await?;
    }
    Ok(ServerChannels {
        guild,
        me,
        unlisted: survey.unlisted(&choice),
        found: survey.channels,
        odd: survey.odd,
    })
}

/// Whether a channel can hold messages or threads; categories and directories cannot.
fn is_of_interest(info: &ChannelInfo) -> bool {
    matches!(
        info.channel.kind,
        ChannelKind::Text | ChannelKind::Voice | ChannelKind::News | ChannelKind::Forum
    )
}

/// Server that was chosen, or the only one.
async fn choose(rest: &Rest, wanted: Option<Id>) -> Result<Guild, Error> {
    let mut guilds = rest.guilds().await?;
    match wanted {
        Some(wanted) => match guilds.iter().position(|guild| guild.id == wanted) {
            Some(index) => Ok(guilds.swap_remove(index)),
            None if guilds.is_empty() => Err(Error::NoGuild),
            None => Err(Error::OtherGuild {
                guild: wanted,
                guilds,
            }),
        },
        None if guilds.len() > 1 => Err(Error::SeveralGuilds { guilds }),
        None => guilds.pop().ok_or(Error::NoGuild),
    }
}

/// Stored channels, and whether they are allowed.
async fn stored(store_thread: &mut StoreThread) -> Result<Vec<(Channel, bool)>, Error> {
    let channels = store_thread.with(|store| store.channels()).await?;
    Ok(channels
        .into_iter()
        .map(|stored| (stored.channel, stored.allowed))
        .collect())
}

/// Channels that the user named.
struct ChannelChoice {
    allow: BTreeSet<Id>,
    deny: BTreeSet<Id>,
}

impl ChannelChoice {
    /// Whether the user allowed a channel; `None` where the user did not name it.
    fn of(&self, id: Id) -> Option<bool> {
        let denied = self.deny.contains(&id).then_some(false);
        self.allow.contains(&id).then_some(true).or(denied)
    }
}

struct Survey<'a> {
    config: &'a FetchConfig,
    guild: Id,
    stored: Vec<(Channel, bool)>,
    channels: BTreeMap<Id, ListedChannel>,
    odd: Vec<String>,
}

impl Survey<'_> {
    fn choice(
        &self,
        inputs: &Inputs,
        categories: &[ChannelInfo],
        lists: &[&[ChannelInfo]],
    ) -> Result<ChannelChoice, Error> {
        let mut known: BTreeMap<Id, Channel> = self
            .stored
            .iter()
            .filter(|(channel, _)| channel.guild_id == self.guild)
            .map(|(channel, _)| (channel.id, channel.clone()))
            .collect();
        for info in lists.iter().flat_map(|list| list.iter()).chain(categories) {
            known.insert(info.channel.id, info.channel.clone());
        }
        let known: Vec<Channel> = known.into_values().collect();
        Ok(ChannelChoice {
            allow: choice::resolve(&inputs.allow, &known)?,
            deny: choice::resolve(&inputs.deny, &known)?,
        })
    }

    fn note_odd(&mut self, odd: Vec<OddRecord>) {
        self.odd.extend(odd.into_iter().map(|odd| match odd.id {
            Some(id) => format!("{id}: {}", odd.reason),
            None => odd.reason,
        }));
    }

    /// Adds a channel, or a thread whose channel was added before.
    fn add(&mut self, info: ChannelInfo, choice: &ChannelChoice) {
        let id = info.channel.id;
        let is_thread = info.channel.kind == ChannelKind::Thread;
        let parent = info.channel.parent_id.filter(|_| is_thread);
        let known = self.stored.iter().find(|(channel, _)| channel.id == id);
        let own = choice.of(id).or(known.map(|(_, allowed)| *allowed));
        let allowed = match parent {
            // A thread has the flag of its channel, unless the user named the thread itself.
            Some(parent) => {
                let above = self.channels.get(&parent).map(|found| found.allowed);
                let above = choice.of(parent).or(above);
                own.or(above)
            }
            None => own,
        };
        let new = self.config.new_channels == NewChannels::Allowed;
        let found = ListedChannel {
            info,
            allowed: allowed.unwrap_or(new),
            refused: None,
        };
        self.channels.insert(id, found);
    }

    fn unlisted(&self, choice: &ChannelChoice) -> Vec<(Id, bool)> {
        let ids = self.stored.iter().map(|(channel, _)| channel.id);
        ids.filter(|id| !self.channels.contains_key(id))
            .filter_map(|id| Some((id, choice.of(id)?)))
            .collect()
    }

    /// Requests the archived threads of all allowed channels.
    async fn archived(
        &mut self,
        rest: &Rest,
        progress: &dyn Progress,
        choice: &ChannelChoice,
    ) -> Result<(), Error> {
        let mut wanted: VecDeque<Listing> = self
            .channels
            .values()
            .filter(|found| found.allowed)
            .flat_map(|found| self.listings(&found.info))
            .collect();
        let task = progress.task(
            "threads",
            Some(wanted.len() as u64),
            Unit::Things("lists of threads"),
        );
        let mut row: VecDeque<(Listing, Spawned<Result<Threads, ApiError>>)> = VecDeque::new();
        loop {
            while row.len() < LISTS_AT_ONCE
                && let Some(listing) = wanted.pop_front()
            {
                row.push_back((listing.clone(), listing.ask(rest, self.guild)));
            }
            let Some((listing, mut answer)) = row.pop_front() else {
                return Ok(());
            };
            match answer.done().await {
                Ok(threads) => {
                    self.note_odd(threads.odd);
                    for thread in threads.items {
                        self.add(thread, choice);
                    }
                    match threads.next {
                        Some(before) => wanted.push_front(Listing {
                            before: Some(before),
                            ..listing
                        }),
                        None => task.advance(1),
                    }
                }
                Err(error) if error.concerns_everything() => return Err(error.into()),
                Err(ApiError::Forbidden { .. }) if listing.list == ThreadList::Private => {
                    // Without the permission to manage threads, the bot sees the private threads that it is in.
                    wanted.push_front(Listing {
                        list: ThreadList::Joined,
                        before: None,
                        ..listing
                    });
                }
                Err(error) => {
                    task.advance(1);
                    self.refused(&listing, error)?;
                }
            }
        }
    }

    fn listings(&self, info: &ChannelInfo) -> Vec<Listing> {
        let listing = |list| Listing {
            channel: info.channel.id,
            list,
            before: None,
        };
        match info.channel.kind {
            ChannelKind::Text if self.config.private_threads => {
                vec![listing(ThreadList::Public), listing(ThreadList::Private)]
            }
            ChannelKind::Text | ChannelKind::News | ChannelKind::Forum => {
                vec![listing(ThreadList::Public)]
            }
            _ => Vec::new(),
        }
    }

    /// Records that a list of threads was refused. The channel itself may still be read.
    fn refused(&mut self, listing: &Listing, error: ApiError) -> Result<(), Error> {
        let Some(found) = self.channels.get_mut(&listing.channel) else {
            return Ok(());
        };
        match error {
            ApiError::Forbidden { message, .. } | ApiError::NotFound { message, .. } => {
                let label = label(found.info.channel.kind, &found.info.channel.name);
                tracing::debug!(label, message, "the list of archived threads is refused");
                found.refused = Some(message);
                Ok(())
            }
            error => Err(error.into()),
        }
    }
}

/// A list of archived threads, from one page on.
#[derive(Clone)]
struct Listing {
    channel: Id,
    list: ThreadList,
    before: Option<String>,
}

impl Listing {
    fn ask(&self, rest: &Rest, guild: Id) -> Spawned<Result<Threads, ApiError>> {
        let (rest, listing) = (rest.clone(), self.clone());
        Spawned::new(async move {
            rest.archived_threads(
                guild,
                listing.channel,
                listing.list,
                listing.before.as_deref(),
            )
            .await
        })
    }
}

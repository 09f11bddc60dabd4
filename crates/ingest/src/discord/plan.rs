//! Plan of a fetch: the position from which each channel is read.

use persona_core::{Guild, Id};
use persona_discord::ChannelInfo;
use persona_store::{Cursor, Error, Store};

use super::{Mode, config::Bounds};

/// Channel to read, and its position.
#[derive(Clone, Debug)]
pub(super) struct ChannelJob {
    /// Id of the channel.
    pub(super) channel: Id,
    /// Position up to which the channel has been read.
    pub(super) cursor: Cursor,
    /// Id after which the next page begins.
    pub(super) position: Id,
    /// Id up to which the channel was read before: what the store has there and a page lacks is deleted.
    pub(super) reread_until: Option<Id>,
    /// Newest message by Discord's list of channels.
    pub(super) announced: Option<Id>,
    /// Whether any page had a message.
    pub(super) seen: bool,
}

impl ChannelJob {
    /// Whether the channel certainly has nothing new.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.reread_until.is_none()
            && self
                .announced
                .is_some_and(|announced| announced <= self.cursor.after)
    }
}

/// Stores the server and its channels with their flags `allowed`, and plans the reading of each of `channels`: one
/// entry each, in their order. `unlisted` are flags of further channels.
pub(super) fn prepare(
    store: &mut Store,
    mode: Mode,
    bounds: Bounds,
    now_ms: i64,
    guild: &Guild,
    channels: &[(ChannelInfo, bool)],
    unlisted: &[(Id, bool)],
) -> Result<Vec<ChannelJob>, Error> {
    if mode != Mode::DryRun {
        let batch = store.batch()?;
        batch.upsert_guild(guild, now_ms)?;
        for (info, allowed) in channels {
            batch.upsert_channel(&info.channel, now_ms)?;
            batch.set_allowed(info.channel.id, *allowed)?;
        }
        for (channel, allowed) in unlisted {
            batch.set_allowed(*channel, *allowed)?;
        }
        batch.commit()?;
    }
    channels
        .iter()
        .map(|(info, _)| job(store, bounds, info))
        .collect()
}

fn job(store: &Store, bounds: Bounds, info: &ChannelInfo) -> Result<ChannelJob, Error> {
    let channel = info.channel.id;
    let from_the_beginning = Cursor {
        begin: bounds.begin,
        after: bounds.begin,
        pages: 0,
    };
    let cursor = store
        .cursor(channel)?
        // With an earlier first day the messages between are missing, so the channel is read again from there.
        .filter(|known| known.begin <= bounds.begin)
        .unwrap_or(from_the_beginning);
    let reread_from = bounds
        .resync_after
        .filter(|after| *after < cursor.after)
        .map(|after| reread_from(store, channel, cursor, after))
        .transpose()?;
    Ok(ChannelJob {
        channel,
        cursor,
        position: reread_from.unwrap_or(cursor.after),
        reread_until: reread_from.map(|_| cursor.after),
        announced: info.last_message_id,
        seen: false,
    })
}

/// Start of a resync: a message that was there before. If it arrives again, the bot can read the channel, and missing
/// messages are deleted ones. Without it, an empty channel could not be told from a hidden one.
fn reread_from(store: &Store, channel: Id, cursor: Cursor, after: Id) -> Result<Id, Error> {
    let witness = store.newest_before(channel, after.saturating_add(1))?;
    Ok(witness
        .map_or(after, |witness| witness - 1)
        .max(cursor.begin))
}

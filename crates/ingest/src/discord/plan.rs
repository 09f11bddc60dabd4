//! Plan of a fetch: the position from which each channel is read.

use persona_core::{Guild, Id};
use persona_discord::ChannelInfo;
use persona_store::{Cursor, Error, Store};

use super::{Mode, config::Bounds};

/// A channel that is to be read.
#[derive(Clone, Debug)]
pub(super) struct ChannelJob {
    /// The channel.
    pub(super) channel: Id,
    /// Position up to which the channel has been read.
    pub(super) cursor: Cursor,
    /// The next page begins after this message.
    pub(super) position: Id,
    /// Id up to which the channel was read before: what the store has there and a page lacks is deleted.
    pub(super) reread_until: Option<Id>,
    /// The newest message that the list of channels told of.
    pub(super) announced: Option<Id>,
    /// Whether any page had a message.
    pub(super) seen: bool,
}

impl ChannelJob {
    /// Whether there can be nothing to read.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.reread_until.is_none()
            && self
                .announced
                .is_some_and(|announced| announced <= self.cursor.after)
    }
}

/// Notes the server and its channels in the store, and looks up how far each of `channels` is read: one entry each, in their order.
/// The flag says whether the channel is allowed; `unlisted` are flags of further channels.
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
        // A day before the first one: what lies between is missing, so it is read again from there.
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

/// The part that is read again begins with a message that was there before: when it comes again, the bot can read the channel,
/// and what does not come is gone. Without it nobody could tell an empty channel from a hidden one.
fn reread_from(store: &Store, channel: Id, cursor: Cursor, after: Id) -> Result<Id, Error> {
    let witness = store.newest_before(channel, after.saturating_add(1))?;
    Ok(witness
        .map_or(after, |witness| witness - 1)
        .max(cursor.begin))
}

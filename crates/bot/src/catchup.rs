//! After a new session: what was written in the meantime, read from the history.

use std::sync::Arc;

use ingest::discord::NewChannels;
use persona_core::{ChannelKind, Id};
use persona_discord::{
    ChannelInfo, DecodedMessage, Error as ApiError, MESSAGES_PER_PAGE, PagePosition, snowflake,
    time::now_ms,
};
use persona_store::Claim;
use tokio::sync::mpsc;

use crate::{error::Error, gateway::Seen, internal_event::InternalEvent, rules, shared::Shared};

/// Of a channel in which more was written than this many pages hold, the oldest part stays unread.
const PAGES_MAX: usize = 5;

/// Of so many people's direct messages, the latest ones are looked for.
const DIRECT_MAX: usize = 100;

/// A channel in which something may have been missed.
#[derive(Clone, Copy, Debug)]
struct UnreadChannel {
    channel: Id,
    /// Its server; direct messages have none.
    guild: Option<Id>,
    /// Its newest message, where that is known without asking.
    newest: Option<Id>,
}

/// Reads what was missed in `guild`, channel by channel, and hands it to `missed`.
///
/// A channel that the bot never saw before gives it something to go on with; what was written there before `since_ms`, when the
/// bot came, is not answered.
pub(crate) async fn catch_up(
    shared: &Arc<Shared>,
    guild: Id,
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) {
    match channels(shared, guild).await {
        Ok(unread) => read(shared, &unread, since_ms, missed).await,
        Err(error) => tracing::warn!(guild, %error, "cannot catch up"),
    }
}

/// Reads which direct messages were missed of people who wrote to the bot before: Discord lists no others.
pub(crate) async fn catch_up_direct(
    shared: &Arc<Shared>,
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) {
    let reader = shared.clone();
    let channels = shared
        .database
        .run(move |store| {
            if rules::settings(&reader.config, &reader.sampling, store, None)?.direct_messages {
                store.direct_channels(DIRECT_MAX)
            } else {
                Ok(Vec::new())
            }
        })
        .await;
    let unread = |channel| UnreadChannel {
        channel,
        guild: None,
        newest: None,
    };
    match channels {
        Ok(channels) => {
            let unread: Vec<UnreadChannel> = channels.into_iter().map(unread).collect();
            read(shared, &unread, since_ms, missed).await;
        }
        Err(error) => tracing::warn!(%error, "cannot catch up with direct messages"),
    }
}

/// Reads what was missed in `channels`, one after the other. That one cannot be read holds up no other.
async fn read(
    shared: &Arc<Shared>,
    channels: &[UnreadChannel],
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) {
    for unread in channels {
        let channel_id = unread.channel;
        match channel(shared, *unread, since_ms, missed).await {
            Ok(()) => {}
            Err(Error::Discord(ApiError::Forbidden { .. } | ApiError::NotFound { .. })) => {
                tracing::debug!(channel_id, "the bot cannot read this channel");
            }
            Err(error) => {
                tracing::warn!(channel_id, %error, "cannot catch up in a channel");
            }
        }
    }
}

/// Learns which channels and threads a server has. Gives those whose messages may be read.
async fn channels(shared: &Arc<Shared>, guild: Id) -> Result<Vec<UnreadChannel>, Error> {
    let mut found = shared.rest.channels(guild).await?.items;
    found.extend(shared.rest.active_threads(guild).await?.items);
    remember_channels(shared, found.clone()).await?;
    shared
        .database
        .run(move |store| {
            let mut allowed = Vec::new();
            for info in found {
                let text = !matches!(info.channel.kind, ChannelKind::Forum | ChannelKind::Other);
                if text && rules::is_allowed(store, info.channel.id)? == Some(true) {
                    allowed.push(UnreadChannel {
                        channel: info.channel.id,
                        guild: Some(guild),
                        newest: info.last_message_id,
                    });
                }
            }
            Ok(allowed)
        })
        .await
}

/// Puts channels that the store does not know into it. What ingest knows of a channel stays as it is: the content of the
/// store must not change with every start.
pub(crate) async fn remember_channels(
    shared: &Shared,
    channels: Vec<ChannelInfo>,
) -> Result<(), Error> {
    {
        let mut names = shared.known.channel_names();
        for info in &channels {
            names.insert(info.channel.id, info.channel.name.clone());
        }
    }
    let new_are_allowed = shared.fetch.new_channels == NewChannels::Allowed;
    shared
        .database
        .run(move |store| {
            let mut new = Vec::new();
            for info in channels {
                if store.channel(info.channel.id)?.is_none() {
                    new.push(info.channel);
                }
            }
            if new.is_empty() {
                return Ok(());
            }
            let batch = store.batch()?;
            for channel in &new {
                batch.upsert_channel(channel, now_ms())?;
                batch.set_allowed(channel.id, new_are_allowed)?;
            }
            batch.commit()
        })
        .await
}

async fn channel(
    shared: &Arc<Shared>,
    unread: UnreadChannel,
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) -> Result<(), Error> {
    let id = unread.channel;
    let last_seen = shared
        .database
        .run(move |store| store.last_seen(id))
        .await?;
    // A live message may come before this and leave the channel looking like one that was seen before.
    let is_new = !shared.known.caught_up_channels().contains(&id)
        && (shared.known.new_channels().remove(&id) || last_seen.is_none());
    let claims = shared.known.take_claims(id);
    let (records, answer_from) = if is_new {
        let first = shared.config.first_messages;
        let records = if first == 0 {
            Vec::new()
        } else {
            shared
                .rest
                .messages(id, PagePosition::Latest, first)
                .await?
                .messages
        };
        // What nobody wrote yet is seen from now on.
        shared
            .database
            .run(move |store| store.set_last_seen(id, snowflake::at(now_ms())))
            .await?;
        (records, snowflake::at(since_ms))
    } else {
        // Young messages are looked at again even if they were seen: an earlier process may have been killed over them.
        let since = last_seen
            .unwrap_or_default()
            .min(snowflake::at(shared.answer_since_ms()));
        let quiet = unread.newest.is_some_and(|last| last <= since);
        if quiet && claims.is_empty() {
            return Ok(());
        }
        (since_then(shared, id, since).await?, 0)
    };
    settle_claims(shared, &claims, &records).await?;
    shared.known.caught_up_channels().insert(id);
    let seen = records
        .into_iter()
        .map(|record| Seen {
            record,
            guild: unread.guild,
            live: false,
            answered: None,
        })
        .collect();
    // The loop is gone only when the bot stops.
    let _ = missed
        .send(InternalEvent::Missed { seen, answer_from })
        .await;
    Ok(())
}

/// The messages after `since`, oldest first.
async fn since_then(shared: &Shared, channel: Id, since: Id) -> Result<Vec<DecodedMessage>, Error> {
    let mut records: Vec<DecodedMessage> = Vec::new();
    let mut cursor = PagePosition::Latest;
    for _ in 0..PAGES_MAX {
        let page = shared
            .rest
            .messages(channel, cursor, MESSAGES_PER_PAGE)
            .await?;
        let oldest = page.oldest;
        records.extend(page.messages);
        match oldest {
            Some(oldest) if oldest > since && page.received == MESSAGES_PER_PAGE as usize => {
                cursor = PagePosition::Before(oldest);
            }
            _ => break,
        }
    }
    records.retain(|record| record.message.id > since);
    records.sort_by_key(|record| record.message.id);
    Ok(records)
}

/// What an earlier process took on: either its reply stands in the channel, or the message may be taken on again.
async fn settle_claims(
    shared: &Shared,
    claims: &[Claim],
    records: &[DecodedMessage],
) -> Result<(), Error> {
    for claim in claims {
        let message = claim.message_id;
        let reply = records.iter().find(|record| {
            record.author.id == shared.me && record.message.reply_to == Some(message)
        });
        let reply = reply.map(|record| record.message.id);
        shared
            .database
            .run(move |store| match reply {
                Some(reply) => store.set_answered(message, reply),
                None => store.release(message),
            })
            .await?;
    }
    Ok(())
}

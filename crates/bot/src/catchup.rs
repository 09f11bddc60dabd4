//! Catching up after a new gateway session: what was written in the meantime, read from the history.

use std::sync::Arc;

use ingest::discord::NewChannels;
use persona_core::{ChannelKind, Id};
use persona_discord::{
    ChannelInfo, DecodedMessage, Error as ApiError, MESSAGES_PER_PAGE, PagePosition, snowflake,
    time::now_ms,
};
use persona_store::Claim;
use tokio::sync::mpsc;

use crate::{
    error::Error, gateway::ReceivedMessage, internal_event::InternalEvent, rules, state::BotState,
};

/// Pages read per channel; where more was written, the oldest part stays unread.
const PAGES_MAX: usize = 5;

/// Number of direct-message channels that are caught up with, those used last first.
const DIRECT_MAX: usize = 100;

/// A channel in which messages may have been missed.
#[derive(Clone, Copy, Debug)]
struct UnreadChannel {
    channel: Id,
    /// Server of the channel; `None` for direct messages.
    guild: Option<Id>,
    /// Id of the newest message, where the list of channels holds it.
    newest: Option<Id>,
}

/// Reads the missed messages of `guild`, channel by channel, and sends them to `missed`.
///
/// In a channel that is new to the bot, some messages are read as context; those from before `since_ms`, when the bot came,
/// are not answered.
pub(crate) async fn catch_up(
    state: &Arc<BotState>,
    guild: Id,
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) {
    match channels(state, guild).await {
        Ok(unread) => read(state, &unread, since_ms, missed).await,
        Err(error) => tracing::warn!(guild, %error, "cannot catch up"),
    }
}

/// Reads the missed direct messages of people who wrote to the bot before: Discord lists no others.
pub(crate) async fn catch_up_direct(
    state: &Arc<BotState>,
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) {
    let reader = state.clone();
    let channels = state
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
            read(state, &unread, since_ms, missed).await;
        }
        Err(error) => tracing::warn!(%error, "cannot catch up with direct messages"),
    }
}

/// Reads the missed messages of `channels`, one channel after the other. A channel that cannot be read is skipped.
async fn read(
    state: &Arc<BotState>,
    channels: &[UnreadChannel],
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) {
    for unread in channels {
        let channel_id = unread.channel;
        match channel(state, *unread, since_ms, missed).await {
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

/// Reads the list of channels and threads of a server into the store; returns those whose messages may be read.
async fn channels(state: &Arc<BotState>, guild: Id) -> Result<Vec<UnreadChannel>, Error> {
    let mut found = state.rest.channels(guild).await?.items;
    found.extend(state.rest.active_threads(guild).await?.items);
    remember_channels(state, found.clone()).await?;
    state
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

/// Adds channels to the store that it does not know. Known ones stay as ingest left them: the content of the store must not
/// change with every start.
pub(crate) async fn remember_channels(
    state: &BotState,
    channels: Vec<ChannelInfo>,
) -> Result<(), Error> {
    {
        let mut names = state.known.channel_names();
        for info in &channels {
            names.insert(info.channel.id, info.channel.name.clone());
        }
    }
    let new_are_allowed = state.fetch.new_channels == NewChannels::Allowed;
    state
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
    state: &Arc<BotState>,
    unread: UnreadChannel,
    since_ms: i64,
    missed: &mpsc::Sender<InternalEvent>,
) -> Result<(), Error> {
    let id = unread.channel;
    let last_seen = state.database.run(move |store| store.last_seen(id)).await?;
    // A live message may arrive before this and make the channel look like a known one.
    let is_new = !state.known.caught_up_channels().contains(&id)
        && (state.known.new_channels().remove(&id) || last_seen.is_none());
    let claims = state.known.take_claims(id);
    let (records, answer_from) = if is_new {
        let first = state.config.first_messages;
        let records = if first == 0 {
            Vec::new()
        } else {
            state
                .rest
                .messages(id, PagePosition::Latest, first)
                .await?
                .messages
        };
        // Messages that are written from now on count as new.
        state
            .database
            .run(move |store| store.set_last_seen(id, snowflake::at(now_ms())))
            .await?;
        (records, snowflake::at(since_ms))
    } else {
        // Young messages are read again even if they were seen: an earlier process may have been killed while it answered
        // them.
        let since = last_seen
            .unwrap_or_default()
            .min(snowflake::at(state.answer_since_ms()));
        let quiet = unread.newest.is_some_and(|last| last <= since);
        if quiet && claims.is_empty() {
            return Ok(());
        }
        (since_then(state, id, since).await?, 0)
    };
    settle_claims(state, &claims, &records).await?;
    state.known.caught_up_channels().insert(id);
    let messages = records
        .into_iter()
        .map(|record| ReceivedMessage {
            record,
            guild: unread.guild,
            live: false,
            answered: None,
        })
        .collect();
    // The event loop is gone only when the bot stops.
    let _ = missed
        .send(InternalEvent::Missed {
            messages,
            answer_from,
        })
        .await;
    Ok(())
}

/// The messages after `since`, oldest first.
async fn since_then(
    state: &BotState,
    channel: Id,
    since: Id,
) -> Result<Vec<DecodedMessage>, Error> {
    let mut records: Vec<DecodedMessage> = Vec::new();
    let mut cursor = PagePosition::Latest;
    for _ in 0..PAGES_MAX {
        let page = state
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

/// Settles claims of an earlier process: records the reply where it is in the channel, and releases the other claims.
async fn settle_claims(
    state: &BotState,
    claims: &[Claim],
    records: &[DecodedMessage],
) -> Result<(), Error> {
    for claim in claims {
        let message = claim.message_id;
        let reply = records.iter().find(|record| {
            record.author.id == state.me && record.message.reply_to == Some(message)
        });
        let reply = reply.map(|record| record.message.id);
        state
            .database
            .run(move |store| match reply {
                Some(reply) => store.set_answered(message, reply),
                None => store.release(message),
            })
            .await?;
    }
    Ok(())
}

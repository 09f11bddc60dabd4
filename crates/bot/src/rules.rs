//! What holds where: in which channels the bot may be, and with which settings.

use persona_core::{Id, Sampling};
use persona_store::{Error, Store};

use crate::{config::BotConfig, settings::Settings};

/// Whether the bot may read and write in a channel: it and what it lies in are allowed. `None`: the channel is unknown.
pub(crate) fn is_allowed(store: &Store, channel: Id) -> Result<Option<bool>, Error> {
    let Some(stored) = store.channel(channel)? else {
        return Ok(None);
    };
    let parent = match stored.channel.parent_id {
        Some(parent) => store.channel(parent)?,
        None => None,
    };
    Ok(Some(
        stored.allowed && parent.is_none_or(|parent| parent.allowed),
    ))
}

/// The settings that hold in a server, or in private.
pub(crate) fn settings(
    config: &BotConfig,
    sampling: &Sampling,
    store: &Store,
    guild: Option<Id>,
) -> Result<Settings, Error> {
    let stored = store.settings(guild.unwrap_or(0))?;
    Ok(Settings::of(config, sampling, &stored))
}

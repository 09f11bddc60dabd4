//! What each order does, and what is answered.

use std::{collections::BTreeSet, fmt::Write, sync::Arc};

use persona_core::Id;
use persona_discord::time::now_ms;
use tokio::sync::mpsc;

use super::{
    caller::Caller,
    data,
    order::{ChannelOrder, NAMES, Order},
    wording::percent,
};
use crate::{
    error::Error,
    fetch, forget,
    internal_event::InternalEvent,
    lanes::QueueLoad,
    rules,
    settings::{key, stored},
    shared::Shared,
};

/// Carries out an order. Gives what is answered.
pub(super) async fn perform(
    shared: &Arc<Shared>,
    internal: &mpsc::Sender<InternalEvent>,
    load: QueueLoad,
    caller: &Caller,
    order: Order,
) -> Result<String, Error> {
    tracing::info!(by = caller.author.id, ?order, "an order");
    match order {
        Order::Status => data::status(shared, load, caller).await,
        Order::SetRate(share) => {
            set(shared, caller, key::PROBABILITY, stored(&share)).await?;
            Ok(format!(
                "I join in on {} of the messages from now on",
                percent(share)
            ))
        }
        Order::SetTemperature(value) => {
            set(shared, caller, key::TEMPERATURE, stored(&value)).await?;
            Ok(format!("the temperature is {value} from now on"))
        }
        Order::SetMaxLength(tokens) => {
            set(shared, caller, key::MAX_TOKENS, stored(&tokens)).await?;
            Ok(format!(
                "my replies have at most {tokens} tokens from now on"
            ))
        }
        Order::MentionsOnly(on) => {
            set(shared, caller, key::MENTIONS_ONLY, stored(&on)).await?;
            Ok(if on {
                "I only answer mentions and replies from now on".to_owned()
            } else {
                "I join in again".to_owned()
            })
        }
        Order::Channels(order) => channels(shared, caller, order).await,
        Order::BotData => data::bot_data(shared, caller).await,
        Order::Forget(person) => forget::forget(shared, person).await,
        Order::Fetch => Ok(fetch::fetch(shared, caller.guild)),
        Order::Restart => {
            // The loop is gone only when the bot stops, which is what was asked for.
            let _ = internal.send(InternalEvent::Restart).await;
            Ok("I finish what I am writing and start anew".to_owned())
        }
        Order::Help => Ok(help(caller)),
        Order::OptOut => opt(shared, caller, true).await,
        Order::OptIn => opt(shared, caller, false).await,
    }
}

/// Sets what holds in the caller's server from now on.
async fn set(
    shared: &Shared,
    caller: &Caller,
    key: &'static str,
    value: String,
) -> Result<(), Error> {
    let guild = caller.guild.unwrap_or(0);
    shared
        .database
        .run(move |store| store.set_setting(guild, key, Some(&value)))
        .await
}

async fn channels(
    shared: &Arc<Shared>,
    caller: &Caller,
    order: ChannelOrder,
) -> Result<String, Error> {
    let (on, channel) = match order {
        ChannelOrder::List => return data::channel_list(shared, caller).await,
        ChannelOrder::On(channel) => (true, channel),
        ChannelOrder::Off(channel) => (false, channel),
    };
    let channel = channel.unwrap_or(caller.channel);
    let (reader, guild) = (shared.clone(), caller.guild);
    let allowed = shared
        .database
        .run(move |store| {
            let allowed = rules::is_allowed(store, channel)?;
            let mut silent: BTreeSet<Id> =
                rules::settings(&reader.config, &reader.sampling, store, guild)?.silent_channels;
            if on {
                silent.remove(&channel);
            } else {
                silent.insert(channel);
            }
            let value = stored(&silent);
            store.set_setting(guild.unwrap_or(0), key::SILENT_CHANNELS, Some(&value))?;
            Ok(allowed)
        })
        .await?;
    Ok(match (on, allowed) {
        (false, _) => format!("I am silent in <#{channel}> from now on"),
        (true, Some(true)) => format!("I speak in <#{channel}> from now on"),
        (true, _) => format!(
            "<#{channel}> is switched on here, but the store does not allow it, so I stay out: \
             `cargo xtask ingest discord --allow {channel}` lets me in"
        ),
    })
}

/// Notes that somebody's messages may, or may not, be learnt from.
async fn opt(shared: &Shared, caller: &Caller, out: bool) -> Result<String, Error> {
    let author = caller.author.clone();
    let id = author.id;
    let known = shared
        .database
        .run(move |store| {
            let batch = store.batch()?;
            batch.upsert_author(&author, now_ms())?;
            batch.commit()?;
            store.set_opted_out(id, out)?;
            store.author(id)
        })
        .await?;
    if let Some(stored) = known {
        shared.remember_author(stored);
    }
    Ok(if out {
        "from the next training on, nothing that you wrote is learnt from, and I never bring up your past messages. I still answer \
         you, and then read the message that I answer and nothing else of yours. `/optin` takes this back; to have everything removed, ask an \
         admin for `forget`"
            .to_owned()
    } else {
        "what you write may be learnt from again, from the next training on".to_owned()
    })
}

fn help(caller: &Caller) -> String {
    let mut text = String::new();
    for named in NAMES {
        if named.for_admins && !caller.is_admin {
            continue;
        }
        let sign = if named.for_admins { '!' } else { '/' };
        let form = if named.form.is_empty() {
            String::new()
        } else {
            format!(" {}", named.form)
        };
        let _ = writeln!(text, "`{sign}{}{form}`: {}", named.name, named.about);
    }
    text += "All of them are slash commands too.";
    text
}

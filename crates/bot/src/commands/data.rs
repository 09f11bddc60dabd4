//! Orders that only tell: status, channels, and what is known of whom.

use std::{fmt::Write, sync::Arc};

use persona_core::layout;
use persona_run::Stage;
use serde::Deserialize;

use super::{
    caller::Caller,
    wording::{described, percent},
};
use crate::{error::Error, lanes::QueueLoad, monitor, rules, shared::Shared};

/// Authors and channels that a list shows.
const SHOWN_MAX: usize = 15;

/// What the statistics of the dataset say about authors; the rest of the file is not needed.
#[derive(Debug, Default, Deserialize)]
struct Trained {
    #[serde(default)]
    authors: Vec<TrainedAuthor>,
}

#[derive(Debug, Deserialize)]
struct TrainedAuthor {
    pseudonym: String,
    targets: u64,
    realised_share: f64,
}

/// How the bot is.
pub(super) async fn status(
    shared: &Arc<Shared>,
    load: QueueLoad,
    caller: &Caller,
) -> Result<String, Error> {
    let (reader, guild) = (shared.clone(), caller.guild);
    let day = monitor::today();
    let (settings, figures) = shared
        .database
        .run(move |store| {
            Ok((
                rules::settings(&reader.config, &reader.sampling, store, guild)?,
                store.statistics(&day)?,
            ))
        })
        .await?;
    let mut text = format!(
        "engine {}, up {}\n{}\n{} being answered, {} waiting",
        shared.backend.describe(),
        duration(shared.started.elapsed().as_secs()),
        described(&settings),
        load.answering,
        load.waiting,
    );
    if shared.retrieval.is_none() {
        text += "\nno retrieval: no `embedder` is set";
    }
    if !figures.is_empty() {
        let figures: Vec<String> = figures
            .iter()
            .map(|(name, value)| format!("{name} {}", (value * 100.0).round() / 100.0))
            .collect();
        let _ = write!(text, "\ntoday: {}", figures.join(", "));
    }
    Ok(text)
}

/// Where the bot speaks.
pub(super) async fn channel_list(shared: &Arc<Shared>, caller: &Caller) -> Result<String, Error> {
    let (reader, guild) = (shared.clone(), caller.guild);
    let rows = shared
        .database
        .run(move |store| {
            let settings = rules::settings(&reader.config, &reader.sampling, store, guild)?;
            let mut rows = Vec::new();
            for stored in store.channels()? {
                let channel = stored.channel;
                if guild.is_none_or(|guild| channel.guild_id == guild)
                    && rules::is_allowed(store, channel.id)? == Some(true)
                {
                    rows.push((channel.id, settings.silent_channels.contains(&channel.id)));
                }
            }
            Ok(rows)
        })
        .await?;
    let mut text = format!("{} channels and threads are allowed:", rows.len());
    for (id, silent) in rows.iter().take(SHOWN_MAX) {
        let _ = write!(text, "\n<#{id}>{}", if *silent { ": silent" } else { "" });
    }
    if rows.len() > SHOWN_MAX {
        let _ = write!(text, "\nand {} more", rows.len() - SHOWN_MAX);
    }
    Ok(text)
}

/// Who trains the bot, from which channels, and what it holds of the caller.
pub(super) async fn bot_data(shared: &Arc<Shared>, caller: &Caller) -> Result<String, Error> {
    let (id, guild) = (caller.author.id, caller.guild);
    let (counts, allowed, own, author) = shared
        .database
        .run(move |store| {
            let allowed = store
                .channels()?
                .into_iter()
                .filter(|stored| {
                    stored.allowed && guild.is_none_or(|guild| stored.channel.guild_id == guild)
                })
                .count();
            Ok((
                store.counts()?,
                allowed,
                store.count_messages_of(id)?,
                store.author(id)?,
            ))
        })
        .await?;
    let mut text = format!(
        "I am a program that learnt from what people wrote here. The store holds {} messages of {} people; {allowed} channels \
         and threads are allowed (`/channels` lists them for admins).",
        counts.messages, counts.authors
    );
    text += &trained(shared);
    let _ = write!(text, "\nOf you it holds {own} messages");
    match author {
        Some(author) if author.opted_out => {
            text += "; you opted out, so none of them is learnt from or brought up (`/optin` takes that back).";
        }
        Some(author) => {
            let _ = write!(
                text,
                "; in training you are `{}`. `/optout` keeps them out of the next training.",
                author.pseudonym()
            );
        }
        None => text.push('.'),
    }
    Ok(text)
}

/// The authors of the dataset that the run's model was made of, by what the run wrote down of it.
fn trained(shared: &Shared) -> String {
    let folder = shared.files.run.stage(Stage::Dataset);
    let path = folder.join(layout::dataset::STATISTICS);
    let read = std::fs::read(&path).ok();
    let trained: Trained = read
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    if trained.authors.is_empty() {
        return String::new();
    }
    let people = shared.known.people();
    let mut text = format!("\n{} people trained me:", trained.authors.len());
    for author in trained.authors.iter().take(SHOWN_MAX) {
        // Whoever was forgotten since has no name here any more.
        let name = people
            .by_pseudonym(&author.pseudonym)
            .map_or("somebody who left", |person| &person.display_name);
        let _ = write!(
            text,
            "\n{}: {} replies, {} of the training",
            name.replace(['<', '@', '`'], ""),
            author.targets,
            percent(author.realised_share)
        );
    }
    if trained.authors.len() > SHOWN_MAX {
        let _ = write!(text, "\nand {} more", trained.authors.len() - SHOWN_MAX);
    }
    text
}

fn duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    if days > 0 {
        format!("{days} d {hours} h")
    } else if hours > 0 {
        format!("{hours} h {minutes} min")
    } else {
        format!("{minutes} min")
    }
}

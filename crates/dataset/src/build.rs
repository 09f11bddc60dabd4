//! From the store to balanced conversations.

use std::collections::{BTreeMap, BTreeSet};

use persona_conversation::{
    DropRule, Line, People, Positive, drop_rule, emoji_label, normalised_text,
};
use persona_core::{ConversationForm, Id, Message, Progress, Unit};
use persona_store::Store;

use crate::{
    config::{Config, Inputs},
    conversations::{BuiltConversation, Marker},
    error::Error,
    persona,
    statistics::{EmojiStatistics, Statistics},
};

/// Reads the store channel by channel and builds conversations.
#[derive(Debug)]
pub(crate) struct StoreReader<'a> {
    store: &'a Store,
    config: &'a Config,
    form: &'a ConversationForm,
    pub(crate) people: People,
    persona: Option<BTreeSet<Id>>,
    channel_names: BTreeMap<Id, String>,
    positive: Positive,
    /// Time and id of the oldest message that `limit` lets through.
    pub(crate) oldest: Option<(i64, Id)>,
}

impl<'a> StoreReader<'a> {
    pub(crate) fn open(
        store: &'a Store,
        config: &'a Config,
        inputs: &'a Inputs,
    ) -> Result<Self, Error> {
        let mut people: People = store.authors()?.into_iter().map(Into::into).collect();
        people.keep_bots(&config.keep_bots)?;
        let persona = persona::learnt_from(&people, &config.persona)?;
        let channels = store.channels()?;
        Ok(Self {
            store,
            config,
            form: &inputs.form,
            people,
            persona,
            channel_names: channels
                .into_iter()
                .map(|stored| (stored.channel.id, stored.channel.name))
                .collect(),
            positive: Positive::new(&config.pairs.positive),
            oldest: oldest(store, inputs.limit)?,
        })
    }

    /// Reads the store channel by channel. Returns the conversations with a target, by id, which is by age.
    pub(crate) fn conversations(
        &self,
        seed: u64,
        statistics: &mut Statistics,
        progress: &dyn Progress,
    ) -> Result<Vec<BuiltConversation>, Error> {
        let marker = Marker {
            config: self.config,
            form: self.form,
            seed,
            people: &self.people,
            persona: self.persona.as_ref(),
        };
        let channels = self.store.channels()?;
        let task = progress.task(
            "reading channels",
            Some(channels.len() as u64),
            Unit::Things("channels"),
        );
        let mut built = Vec::new();
        let mut emoji = BTreeMap::new();
        for stored in channels {
            if progress.interrupted() {
                return Err(Error::Interrupted);
            }
            let lines = self.lines(stored.channel.id, stored.allowed, statistics, &mut emoji)?;
            let found = marker.channel(stored.channel.id, &lines, &mut statistics.replies);
            statistics.conversations_found += found.len() as u64;
            built.extend(
                found
                    .into_iter()
                    .filter(|one| one.conversation.targets().next().is_some()),
            );
            task.advance(1);
        }
        statistics.conversations_without_targets =
            statistics.conversations_found - built.len() as u64;
        statistics.reactions = most_frequent(emoji);
        built.sort_by_key(|one| one.conversation.id);
        Ok(built)
    }

    /// Kept messages of a channel, oldest first.
    fn lines(
        &self,
        channel: Id,
        allowed: bool,
        statistics: &mut Statistics,
        emoji: &mut BTreeMap<String, (u64, bool)>,
    ) -> Result<Vec<Line>, Error> {
        let mut lines = Vec::new();
        self.store.for_each_message(channel, |message| {
            statistics.messages += 1;
            let author = self.people.get(message.author_id);
            let rule = if !allowed {
                Some(DropRule::Channel)
            } else if self
                .oldest
                .is_some_and(|oldest| (message.timestamp_ms, message.id) < oldest)
            {
                Some(DropRule::Limit)
            } else {
                drop_rule(&message, author)
            };
            if let Some(rule) = rule {
                *statistics.dropped.entry(rule).or_default() += 1;
            } else {
                statistics.kept += 1;
                for reaction in &message.reactions {
                    let count = emoji
                        .entry(emoji_label(reaction))
                        .or_insert_with(|| (0, self.positive.contains(reaction)));
                    count.0 += u64::from(reaction.count);
                }
                lines.push(self.line(&message));
            }
            Ok::<(), Error>(())
        })?;
        // Ids of other services may not grow with time.
        lines.sort_by_key(|line| (line.timestamp_ms, line.id));
        Ok(lines)
    }

    fn line(&self, message: &Message) -> Line {
        Line {
            id: message.id,
            author_id: message.author_id,
            timestamp_ms: message.timestamp_ms,
            text: normalised_text(message, &self.people, &self.channel_names),
            reply_to: message.reply_to,
            positive: self.positive.count(&message.reactions),
            reacted: message.reactions.iter().any(|reaction| reaction.count > 0),
        }
    }
}

/// Time and id of the oldest of the `limit` most recent messages of all allowed channels.
fn oldest(store: &Store, limit: Option<usize>) -> Result<Option<(i64, Id)>, Error> {
    let Some(limit) = limit else {
        return Ok(None);
    };
    let mut ages = Vec::new();
    for stored in store
        .channels()?
        .into_iter()
        .filter(|stored| stored.allowed)
    {
        store.for_each_message(stored.channel.id, |message| {
            ages.push((message.timestamp_ms, message.id));
            Ok::<(), Error>(())
        })?;
    }
    ages.sort_unstable();
    let after_all = (i64::MAX, Id::MAX);
    let first = ages.len().checked_sub(limit);
    Ok(first.map(|first| ages.get(first).copied().unwrap_or(after_all)))
}

fn most_frequent(emoji: BTreeMap<String, (u64, bool)>) -> Vec<EmojiStatistics> {
    let mut emoji: Vec<EmojiStatistics> = emoji
        .into_iter()
        .map(|(emoji, (count, positive))| EmojiStatistics {
            emoji,
            count,
            positive,
        })
        .collect();
    emoji.sort_by_key(|emoji| std::cmp::Reverse(emoji.count));
    emoji
}

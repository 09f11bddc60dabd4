//! Oddities of real exports: bots, system messages, links, stickers, code, and references to deleted messages.

use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    channels::Parent,
    choices::pick,
    emoji::custom_character,
    message::{By, Message, Reference},
    schedule::{DAYS, thread_day},
    script::Act,
    server::{MESSAGES, Server},
    snowflake::snowflake,
    words::Words,
};

const DAY_MS: i64 = 86_400_000;
const GIFS: usize = 38;
const STICKERS: usize = 14;
const EMOJI_ONLY: usize = 24;
const CODE: usize = 16;
const FORWARDS: usize = 2;
const FEED: usize = 80;
const DICE: usize = 60;

/// Number of people's messages that [`add`] adds.
pub(crate) fn human(words: &Words) -> usize {
    GIFS + STICKERS + EMOJI_ONLY + CODE + FORWARDS + words.oddities.farewell.len()
}

/// Time at which a channel was made, in milliseconds since 1970-01-01 UTC.
pub(crate) fn channel_born_ms(words: &Words, start_ms: i64, channel: usize) -> i64 {
    match words.channels[channel].parent {
        Parent::Category(_) => start_ms - 3_600_000 + 60_000 * channel as i64,
        Parent::Channel(_) => start_ms + thread_day(channel) * DAY_MS + 36_000_000,
    }
}

/// Adds all oddities, so that the server has [`MESSAGES`] messages.
pub(crate) fn add(server: &mut Server, rng: &mut ChaCha8Rng) {
    edits(server, rng);
    lost_references(server, rng);
    side_remarks(server, rng);
    farewell(server, rng);
    notices(server, rng);
    dice(server, rng);
    feed(server, rng);
    forecasts(server, rng);
}

fn edits(server: &mut Server, rng: &mut ChaCha8Rng) {
    for message in &mut server.messages {
        if rng.random_bool(0.025) {
            message.edited_ms = Some(message.at_ms + rng.random_range(5_000..600_000));
        }
    }
}

/// Makes some replies point to deleted messages, whose id Discord may or may not keep.
fn lost_references(server: &mut Server, rng: &mut ChaCha8Rng) {
    let replies = server
        .messages
        .iter_mut()
        .filter(|message| message.kind == "Reply");
    for (at, reply) in replies.enumerate() {
        if at % 90 == 45 {
            let gone = snowflake(reply.at_ms - 30_000, rng.random_range(0..1 << 12));
            let reference = if rng.random_bool(0.7) {
                Reference::To(gone)
            } else {
                Reference::Lost
            };
            reply.reference = Some(reference);
            reply.pings = None;
        }
    }
}

/// Adds links, stickers, emoji, code and forwards, each shortly after another message.
fn side_remarks<'w>(server: &mut Server<'w>, rng: &mut ChaCha8Rng) {
    let words = &server.words.oddities;
    let (dice, workshop) = (server.words.channels.dice, server.words.channels.feed);
    let spoken = server.messages.len();
    let after = |server: &Server<'w>, fits: &dyn Fn(&Message) -> bool, rng: &mut ChaCha8Rng| loop {
        let message = &server.messages[rng.random_range(0..spoken)];
        if fits(message) {
            return message.clone();
        }
    };
    let joke = |message: &Message| message.act == Some(Act::Joke);
    for _ in 0..GIFS {
        let before = after(server, &joke, rng);
        remark(server, &before, false, words.links.pick(rng), rng);
    }
    for _ in 0..STICKERS {
        let before = after(server, &joke, rng);
        remark(server, &before, false, "", rng).sticker = Some(&words.sticker);
    }
    for at in 0..EMOJI_ONLY {
        let before = after(server, &|message| message.act.is_some(), rng);
        let blob = custom_character(at % 4).to_string();
        let mut texts = vec![&blob];
        texts.extend(&words.emoji);
        let text: &str = pick::<&String>(&texts, rng);
        remark(server, &before, false, text, rng);
    }
    for at in 0..CODE {
        let question =
            |message: &Message| message.channel == workshop && message.act == Some(Act::Ask);
        let before = after(server, &question, rng);
        let text = if at % 8 == 3 {
            &words.unclosed
        } else {
            words.snippets.pick(rng)
        };
        remark(server, &before, true, text, rng);
    }
    for _ in 0..FORWARDS {
        let before = after(server, &|message| message.channel == dice, rng);
        let forwarded = Some(before.text.clone());
        remark(server, &before, false, "", rng).forwarded = forwarded;
    }
}

/// A message two seconds after `before`, by the same author or by another.
fn remark<'a, 'w>(
    server: &'a mut Server<'w>,
    before: &Message<'w>,
    same: bool,
    text: &str,
    rng: &mut ChaCha8Rng,
) -> &'a mut Message<'w> {
    let by = if same {
        before.by
    } else {
        let others: Vec<usize> = (0..server.cast.len())
            .filter(|&author| By::Friend(author) != before.by)
            .collect();
        let weight = |author: &usize| server.cast[*author].weight;
        By::Friend(
            *others
                .choose_weighted(rng, weight)
                .expect("weights are positive"),
        )
    };
    push(server, before.channel, before.at_ms + 2_000, by, text, rng)
}

fn push<'a, 'w>(
    server: &'a mut Server<'w>,
    channel: usize,
    at_ms: i64,
    by: By<'w>,
    text: &str,
    rng: &mut ChaCha8Rng,
) -> &'a mut Message<'w> {
    let mut message = Message::new(channel, at_ms, by, text.to_owned());
    // The range differs from that of talk, so that no two ids meet.
    message.id = snowflake(at_ms, (1 << 12) + server.messages.len() as u64);
    message.edited_ms = rng.random_bool(0.01).then_some(at_ms + 20_000);
    server.messages.push(message);
    server.messages.last_mut().expect("was just pushed")
}

fn farewell(server: &mut Server, rng: &mut ChaCha8Rng) {
    let words = server.words;
    for (at, text) in words.oddities.farewell.iter().enumerate() {
        let day = 3 + 4 * (at as i64 / 4);
        let at_ms = server.start_ms + day * DAY_MS + 54_000_000 + 45_000 * at as i64;
        push(server, words.channels.lobby, at_ms, By::Deleted, text, rng);
    }
}

fn notices(server: &mut Server, rng: &mut ChaCha8Rng) {
    let channels = &server.words.channels;
    let lobby = channels.lobby;
    let start_ms = server.start_ms;
    for friend in 0..server.cast.len() {
        let at_ms = start_ms + 1_000 + 240_000 * friend as i64;
        push(
            server,
            lobby,
            at_ms,
            By::Friend(friend),
            "Joined the server.",
            rng,
        )
        .kind = "GuildMemberJoin";
    }
    for (channel, about) in channels.iter().enumerate() {
        let Parent::Channel(parent) = about.parent else {
            continue;
        };
        let born_ms = channel_born_ms(server.words, start_ms, channel);
        let thread = server.channels[channel];
        let notice = push(
            server,
            parent,
            born_ms,
            By::Friend(0),
            "Started a thread.",
            rng,
        );
        notice.kind = "ThreadCreated";
        notice.reference = Some(Reference::To(thread));
        let starter = push(server, channel, born_ms + 400, By::Friend(0), "", rng);
        starter.kind = "21";
        starter.reference = Some(Reference::To(thread));
        let renamed = format!("Changed the channel name: {}", about.name);
        push(
            server,
            channel,
            born_ms + 90_000,
            By::Friend(1),
            &renamed,
            rng,
        )
        .kind = "ChannelNameChange";
    }
    for (at, kind) in ["8", "9", "8", "46", "46"].into_iter().enumerate() {
        let at_ms = start_ms + (70 * at as i64 + 30) * DAY_MS + 65_000_000;
        push(server, lobby, at_ms, By::Friend(at), "", rng).kind = kind;
    }
    pins(server, rng);
}

fn pins(server: &mut Server, rng: &mut ChaCha8Rng) {
    let plans: Vec<usize> = (0..server.messages.len())
        .filter(|&at| server.messages[at].act == Some(Act::Logistics))
        .collect();
    for &at in plans.choose_multiple(rng, 7) {
        let pinned = &mut server.messages[at];
        pinned.pinned = true;
        let (channel, at_ms, id) = (pinned.channel, pinned.at_ms, pinned.id);
        let notice = push(
            server,
            channel,
            at_ms + 15_000,
            By::Friend(0),
            "Pinned a message.",
            rng,
        );
        notice.kind = "ChannelPinnedMessage";
        notice.reference = Some(Reference::To(id));
    }
}

fn dice(server: &mut Server, rng: &mut ChaCha8Rng) {
    for _ in 0..DICE {
        let (left, right) = (rng.random_range(1..=6), rng.random_range(1..=6));
        let text = format!("🎲 2d6: {left} + {right} = **{}**", left + right);
        let at_ms = someday(server, rng);
        let friend = rng.random_range(0..server.cast.len());
        let channel = server.words.channels.dice;
        let answer = push(server, channel, at_ms, By::Bot, &text, rng);
        answer.kind = "20";
        answer.pings = Some(friend);
    }
}

fn feed(server: &mut Server, rng: &mut ChaCha8Rng) {
    let words = server.words;
    for _ in 0..FEED {
        let webhook = words.oddities.feed.pick(rng);
        let text = format!(
            "{} {} [more](https://feed.example/{})",
            webhook.text,
            rng.random_range(5..60),
            rng.random_range(100..999)
        );
        let at_ms = someday(server, rng);
        let by = By::Webhook(&webhook.name);
        push(server, words.channels.feed, at_ms, by, &text, rng);
    }
}

/// Adds a forecast about every other morning, until the server has its number of messages.
fn forecasts(server: &mut Server, rng: &mut ChaCha8Rng) {
    let words = server.words;
    let missing = MESSAGES - server.messages.len();
    for at in 0..missing {
        let day = at as i64 * DAYS / missing as i64;
        let at_ms = server.start_ms + day * DAY_MS + 21_600_000 + rng.random_range(0..5_000);
        let sky = words.oddities.skies.pick(rng);
        let text = format!(
            "**Good morning!** Today: {sky}, {}°",
            rng.random_range(-4..33)
        );
        push(server, words.channels.lobby, at_ms, By::Bot, &text, rng);
    }
}

fn someday(server: &Server, rng: &mut ChaCha8Rng) -> i64 {
    server.start_ms + rng.random_range(1..DAYS) * DAY_MS + rng.random_range(0..DAY_MS)
}

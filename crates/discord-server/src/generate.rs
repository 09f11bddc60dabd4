//! Generated worlds, the same for the same seed.

use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    ids::snowflake,
    message::{Attachment, Message, Reaction, mentions_in},
    odd::{described_oddities, undescribed_oddities},
    world::{Kind, World},
};

/// Time of the first message: 2025-01-01 UTC.
const FIRST_MS: i64 = 1_735_689_600_000;
const WORDS: [&str; 24] = [
    "anyone", "up", "for", "a", "game", "tonight", "the", "build", "is", "broken", "again", "lol",
    "nice", "one", "pizza", "cat", "rain", "train", "late", "sure", "why", "not", "haha", "ok",
];
const EMOJI: [&str; 5] = ["👍", "😂", "❤️", "🔥", "👎"];

/// Size and seed of a generated world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generate {
    /// Seed of everything.
    pub seed: u64,
    /// Number of ordinary messages, over all channels and threads.
    pub messages: usize,
    /// Number of channels that can hold messages.
    pub channels: usize,
    /// Number of threads: active, archived, private, and posts of a forum.
    pub threads: usize,
    /// Number of people who write.
    pub people: usize,
    /// Whether each channel also gets some unusual messages.
    pub odd: bool,
}

impl Generate {
    /// `messages` messages in the given number of channels and threads, by twelve people.
    pub fn new(seed: u64, messages: usize, channels: usize, threads: usize) -> Self {
        Self {
            seed,
            messages,
            channels,
            threads,
            people: 12,
            odd: true,
        }
    }
}

/// Generates a world with one guild.
pub fn generate(wanted: &Generate) -> World {
    let mut random = ChaCha8Rng::seed_from_u64(wanted.seed);
    let mut world = World::new();
    let guild = world.guild("Workshop");
    let people: Vec<u64> = (0..wanted.people.max(1))
        .map(|number| {
            let id = world.user(&format!("person{number}"));
            let user = world.user_mut(id);
            user.global_name = (number % 3 > 0).then(|| format!("Person {number}"));
            user.nick = (number % 4 == 0).then(|| format!("nick {number}"));
            id
        })
        .collect();
    let channels = make_channels(&mut world, wanted, guild, people[0]);
    let mut time = FIRST_MS;
    let mut sequence = 0;
    let mut next_id = |random: &mut ChaCha8Rng| {
        time += random.random_range(1..40_000);
        sequence += 1;
        snowflake(time) + sequence % 4096
    };
    if wanted.odd {
        for channel in &channels {
            let author = *people.choose(&mut random).expect("there are people");
            let mut ids = || next_id(&mut random);
            let described = described_oddities(&mut ids, *channel, author);
            for oddity in described
                .into_iter()
                .chain(undescribed_oddities(&mut ids, *channel, author))
            {
                world.put(oddity.message);
            }
        }
    }
    for _ in 0..wanted.messages {
        let Some(channel) = channels.choose(&mut random) else {
            break;
        };
        let id = next_id(&mut random);
        let message = message(&mut random, &world, &people, *channel, id);
        world.put(message);
    }
    world
}

/// Makes channels and threads. Returns those that can hold messages.
fn make_channels(world: &mut World, wanted: &Generate, guild: u64, owner: u64) -> Vec<u64> {
    let category = world.channel(guild, Kind::Category, "rooms");
    let kinds = [
        Kind::Text,
        Kind::Text,
        Kind::Announcement,
        Kind::Voice,
        Kind::Text,
        Kind::Stage,
    ];
    let mut channels: Vec<u64> = (0..wanted.channels)
        .map(|number| {
            let id = world.channel(
                guild,
                kinds[number % kinds.len()],
                &format!("room-{number}"),
            );
            world.channel_mut(id).parent_id = Some(category);
            world.channel_mut(id).topic = Some(format!("what belongs into room {number}"));
            id
        })
        .collect();
    let forum = world.channel(guild, Kind::Forum, "questions");
    let media = world.channel(guild, Kind::Media, "pictures");
    let text = channels.first().copied().unwrap_or(forum);
    let news = channels.get(2).copied().unwrap_or(forum);
    let homes = [
        (text, Kind::PublicThread),
        (forum, Kind::PublicThread),
        (text, Kind::PrivateThread),
        (news, Kind::AnnouncementThread),
        (media, Kind::PublicThread),
    ];
    for number in 0..wanted.threads {
        let (parent, kind) = homes[number % homes.len()];
        let thread = world.thread(parent, kind, &format!("thread-{number}"), owner);
        if number % 2 == 0 {
            // Some threads are archived at the same moment.
            world.archive(thread, FIRST_MS + (number as i64 / 4) * 86_400_000);
        }
        channels.push(thread);
    }
    channels
}

fn message(
    random: &mut ChaCha8Rng,
    world: &World,
    people: &[u64],
    channel: u64,
    id: u64,
) -> Message {
    let author = *people.choose(random).expect("there are people");
    let words: Vec<&str> = (0..random.random_range(1..14))
        .map(|_| *WORDS.choose(random).expect("there are words"))
        .collect();
    let mut message = Message::new(id, channel, author, &words.join(" "));
    if random.random_bool(0.08) {
        let named = people.choose(random).expect("there are people");
        message.content = format!("<@{named}> {}", message.content);
        message.mentions = mentions_in(&message.content);
    }
    if random.random_bool(0.2) {
        let earlier = world
            .messages
            .get(&channel)
            .and_then(|messages| messages.keys().next_back());
        if let Some(to) = earlier {
            message = message.replying(*to);
        }
    }
    if random.random_bool(0.1) {
        message.edited_ms = Some(message.time_ms() + 60_000);
    }
    if random.random_bool(0.05) {
        message.attachments.push(Attachment {
            id: id + 1,
            name: "picture.png".to_owned(),
            size: 12_345,
        });
    }
    for _ in 0..random.random_range(0..3) {
        let users: Vec<u64> = people.choose_multiple(random, 3).copied().collect();
        let emoji = *EMOJI.choose(random).expect("there are emoji");
        if message.reactions.iter().all(|one| one.emoji != emoji) {
            message.reactions.push(Reaction {
                emoji: emoji.to_owned(),
                emoji_id: None,
                users,
            });
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_world() {
        let wanted = Generate::new(7, 500, 4, 10);
        let (first, second) = (generate(&wanted), generate(&wanted));
        assert_eq!(first.messages, second.messages);
        assert_eq!(first.channels, second.channels);
        let other = generate(&Generate { seed: 8, ..wanted });
        assert_ne!(first.messages, other.messages);
        let plain = generate(&Generate {
            odd: false,
            ..wanted
        });
        let count: usize = plain
            .messages
            .values()
            .map(std::collections::BTreeMap::len)
            .sum();
        assert_eq!(count, 500);
        assert_eq!(plain.messages.len(), 14);
    }
}

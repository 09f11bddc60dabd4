//! Generates a server: conversations in channels, and everything around them.

use persona_core::random::derive_seed;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    authors::{Author, cast},
    emoji::{MENTION, custom_character},
    message::{By, Message, Reference},
    oddities,
    reactions::react,
    scene::UsedLines,
    schedule::{Calendar, pause},
    script::{Act, Line},
    server::{HUMAN, Server},
    snowflake::snowflake,
    talk::talk,
    words::Words,
};

/// Generates a server from `words`.
pub(crate) fn generate(seed: u64, words: &Words) -> Server<'_> {
    let mut rng = ChaCha8Rng::seed_from_u64(derive_seed(seed, "sample server"));
    let cast = cast(words, &mut rng);
    let start_ms = 1_700_000_000_000_i64 + rng.random_range(0..300) * 86_400_000;
    // Midnight, so that hours of day come out right.
    let start_ms = start_ms - start_ms.rem_euclid(86_400_000);
    let channels = (0..words.channels.len())
        .map(|at| oddities::channel_born_ms(words, start_ms, at))
        .enumerate()
        .map(|(at, born_ms)| snowflake(born_ms, at as u64))
        .collect();
    let mut server = Server {
        words,
        guild: snowflake(start_ms - 86_400_000, 1),
        name: words.people.servers.pick(&mut rng),
        start_ms,
        cast,
        channels,
        messages: Vec::new(),
    };
    server.messages = conversations(&server, &mut rng);
    oddities::add(&mut server, &mut rng);
    server
        .messages
        .sort_by_key(|message| (message.at_ms, message.id));
    server
}

/// Messages of all conversations.
fn conversations<'w>(server: &Server<'w>, rng: &mut ChaCha8Rng) -> Vec<Message<'w>> {
    let goal = HUMAN - oddities::human(server.words);
    let mut calendar = Calendar::new(server.start_ms);
    let mut used = UsedLines::default();
    let mut tally = vec![0.0; server.cast.len()];
    let mut messages = Vec::new();
    while messages.len() < goal {
        let planned = calendar.next_conversation(server.words, &server.cast, &tally, rng);
        let (channel, start_ms) = (planned.channel, planned.start_ms);
        let lines = talk(server.words, planned, &mut used, rng);
        let mut writer = Writer {
            cast: &server.cast,
            channel,
            at_ms: start_ms,
            messages: Vec::new(),
        };
        writer.write(&lines, rng);
        for message in &writer.messages {
            if let By::Friend(author) = message.by {
                tally[author] += 1.0;
            }
        }
        messages.extend(writer.messages);
    }
    messages.truncate(goal);
    messages
}

/// Writes the lines of one conversation as messages.
struct Writer<'a, 'w> {
    cast: &'a [Author<'w>],
    channel: usize,
    at_ms: i64,
    messages: Vec<Message<'w>>,
}

impl<'w> Writer<'_, 'w> {
    fn write(&mut self, lines: &[Line], rng: &mut ChaCha8Rng) {
        let mut last_of_line: Vec<u64> = Vec::new();
        for line in lines {
            let previous = last_of_line.len().checked_sub(1);
            self.picture(line, rng);
            let parts = self.parts(line, lines, rng);
            let first = self.messages.len();
            for part in parts {
                self.push(line.author, part, rng).act = Some(line.act);
            }
            if let Some(answered) = line.answers {
                let near = Some(answered) == previous;
                if rng.random_bool(if near { 0.12 } else { 0.45 }) {
                    let reply = &mut self.messages[first];
                    reply.kind = "Reply";
                    reply.reference = Some(Reference::To(last_of_line[answered]));
                    reply.pings = rng.random_bool(0.3).then_some(lines[answered].author);
                }
            }
            let charm = self.cast[line.author].charm;
            let last = self
                .messages
                .last_mut()
                .expect("a line has at least one part");
            last.reactions = react(line.act, charm, rng);
            last_of_line.push(last.id);
        }
    }

    /// Messages that the author makes of a line.
    fn parts(&self, line: &Line, lines: &[Line], rng: &mut ChaCha8Rng) -> Vec<String> {
        let mut text = line.text.clone();
        let voice = &self.cast[line.author].voice;
        if matches!(line.act, Act::Ask | Act::Logistics) && rng.random_bool(0.08) {
            let someone = lines[rng.random_range(0..lines.len())].author;
            if someone != line.author {
                let mention =
                    char::from_u32(MENTION + someone as u32).expect("lies in the private use area");
                text = format!("{mention} {text}");
            }
        }
        let mut parts = voice.write(&text, rng);
        if let Some(answered) = line.answers
            && parts.len() == 1
            && !matches!(line.act, Act::Nod)
            && rng.random_bool(0.012)
        {
            let quoted = &lines[answered].text;
            parts[0] = format!("> {quoted}\n{}", parts[0]);
        } else if parts.len() == 2 && rng.random_bool(0.2) {
            parts = vec![parts.join("\n")];
        }
        parts
    }

    /// Adds a picture to lines about animals and dinners, sometimes in a message of its own.
    fn picture(&mut self, line: &Line, rng: &mut ChaCha8Rng) {
        let name = match line.act {
            Act::Pet => "IMG_2041.jpg",
            Act::Feast => "dinner.png",
            _ => return,
        };
        if rng.random_bool(0.22) {
            self.push(line.author, String::new(), rng).attachment = Some(name);
        }
    }

    fn push(&mut self, author: usize, text: String, rng: &mut ChaCha8Rng) -> &mut Message<'w> {
        let text = if rng.random_bool(0.004) {
            format!("{text} {}", custom_character(3))
        } else {
            text
        };
        self.at_ms += pause(&text, rng);
        let mut message = Message::new(self.channel, self.at_ms, By::Friend(author), text);
        message.id = snowflake(self.at_ms, rng.random_range(0..1 << 12));
        self.messages.push(message);
        self.messages.last_mut().expect("was just pushed")
    }
}

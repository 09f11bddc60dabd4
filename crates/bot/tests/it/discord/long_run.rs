//! Two thousand messages in twenty channels, with a server that fails now and then, and the real program with a real model.

use std::{collections::BTreeSet, time::Duration};

use discord_server::{Chance, Kind, Trouble};

use super::{
    program::{Process, Start},
    scene::Scene,
};

const CHANNELS: u64 = 20;
const DENIED: usize = 3;
/// Half of them, in which caches fill, and as many again, in which nothing may grow.
const MESSAGES: u64 = 2_000;
/// Messages that are posted at once.
const BURST: u64 = 20;
/// Share of the requests that go wrong.
const FAULTS: f64 = 0.08;
/// What memory may grow in the second half.
const GROWTH: f64 = 0.02;

const TEXTS: [&str; 8] = [
    "anyone up for a game tonight?",
    "lol",
    "@everyone the pizza is here",
    "I can't, it rains and the bike is broken",
    "what do you think?",
    "<|im_end|> is a funny word",
    "```rust\nfn main() {}\n```",
    "🔥🔥🔥",
];

const CONFIG: &str = "probability = 0.3\npause_seconds = 0\nqueue_max = 3\nmemory_messages = 60\n[sampling]\nmax_tokens = 12\n";

/// What a user's log shows. Spans of serenity would write out each event in full.
const LOG: &str = "info,serenity=warn,tracing=warn";

/// The world, and what was asked in it.
struct Run {
    scene: Scene,
    process: Process,
    channels: Vec<u64>,
    people: Vec<u64>,
    program: u64,
    posted: u64,
    last: u64,
}

impl Run {
    fn start() -> Self {
        let scene = Scene::new();
        let channels: Vec<u64> = (0..CHANNELS)
            .map(|number| {
                let name = format!("room-{number}");
                scene.server.add_channel(scene.guild, Kind::Text, &name)
            })
            .collect();
        for channel in &channels[..DENIED] {
            scene.deny(*channel);
        }
        let (people, program) = scene.server.change(|world| {
            let people = (0..30).map(|number| world.user(&format!("friend{number}")));
            (people.collect(), world.bot("other"))
        });
        let process = Start {
            scene: &scene,
            token: &scene.server.token(),
            bot: CONFIG,
            arguments: &[],
            log: LOG,
        }
        .spawn();
        scene.wait_for_bot(0);
        Self {
            scene,
            process,
            channels,
            people,
            program,
            posted: 0,
            last: 0,
        }
    }

    /// Posts the next messages of the script, a few at a time, and waits until they were read.
    fn post(&mut self, count: u64) {
        for _ in 0..count / BURST {
            self.burst();
        }
    }

    fn burst(&mut self) {
        for _ in 0..BURST {
            let number = self.posted;
            let channel = self.channels[(number * 7 % CHANNELS) as usize];
            let person = self.people[(number * 11 % 30) as usize];
            let text = TEXTS[(number % 8) as usize];
            let id = match number % 10 {
                3 | 6 => self.scene.ask(channel, person, text),
                9 => self.scene.server.post(channel, self.program, text),
                _ => self.scene.server.post(channel, person, text),
            };
            self.posted += 1;
            if number % 10 != 9 && !self.channels[..DENIED].contains(&channel) {
                self.last = id;
            }
        }
        let last = self.last;
        let store = self.scene.store();
        self.scene.wait("the messages to be read", |scene| {
            let channel = scene.server.world(|world| {
                let holds = |channel: &&u64| world.messages[*channel].contains_key(&last);
                world.messages.keys().find(holds).copied()
            });
            store.last_seen(channel.unwrap()).unwrap() >= Some(last)
        });
    }

    /// Gives an order in the first open channel, and waits until it is confirmed.
    fn order(&self, text: &str) {
        let channel = self.channels[DENIED];
        let order = self.scene.server.post(channel, self.scene.admin, text);
        self.answer_to(order);
    }

    /// Waits for the answer to a message.
    fn answer_to(&self, message: u64) {
        self.scene.wait("an answer", |scene| {
            let written = scene.server.written_by_bot();
            written.iter().any(|own| own.reply_to == Some(message))
        });
    }
}

#[test]
fn two_thousand_messages() {
    let mut run = Run::start();
    run.scene
        .server
        .faults(|faults| faults.chance(Some(Chance::all(5, FAULTS))));
    run.post(200);
    run.scene.server.trouble(Trouble::Cut);
    run.post(100);
    // From the confirmation on, nothing is answered that was not asked.
    run.order("!mentions-only on");
    let channel = run.channels[DENIED + 1];
    let unasked: Vec<u64> = (0..20)
        .map(|_| {
            run.scene
                .server
                .post(channel, run.people[0], "nobody asked")
        })
        .collect();
    run.scene.wait("them to be read", |_| {
        let memory = run.scene.store().memory(channel, 60).unwrap();
        unasked
            .iter()
            .all(|id| memory.iter().any(|memory| memory.message_id == *id))
    });
    run.order("!mentions-only off");
    run.order("!setrate 100%");
    let joined = run.scene.server.post(channel, run.people[1], "and now?");
    run.answer_to(joined);
    run.order("!setrate 30%");
    run.scene.server.trouble(Trouble::LoseSessions);
    run.post(MESSAGES / 2 - 300);
    let halfway = settled(&run);
    run.scene.server.trouble(Trouble::Reconnect);
    run.post(MESSAGES / 2);
    let end = settled(&run);
    let growth = end as f64 / halfway as f64 - 1.0;
    assert!(growth < GROWTH, "memory grew from {halfway} to {end} bytes");
    assert!(run.process.terminate().success(), "{}", run.process.said());

    run.scene.check();
    let denied: BTreeSet<u64> = run.channels[..DENIED].iter().copied().collect();
    let written = run.scene.server.written_by_bot();
    let mut answered = BTreeSet::new();
    for own in &written {
        assert!(!denied.contains(&own.channel_id), "{own:#?}");
        let Some(message) = own.reply_to else {
            continue;
        };
        assert!(answered.insert(message), "answered twice: {own:#?}");
        assert!(!unasked.contains(&message), "{own:#?}");
        let messages = run.scene.server.messages(own.channel_id);
        let asked = messages.iter().find(|asked| asked.id == message).unwrap();
        assert_ne!(asked.author_id, run.program);
    }
    assert!(answered.len() > 100, "{}", answered.len());
}

/// Waits until nothing more is written, and gives the memory then.
fn settled(run: &Run) -> u64 {
    let mut before = usize::MAX;
    loop {
        let written = run.scene.server.written_by_bot().len();
        if written == before {
            return run.process.memory();
        }
        before = written;
        std::thread::sleep(Duration::from_secs(1));
    }
}

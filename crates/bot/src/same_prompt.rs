//! The bot's prompt for a message is the dataset's for a reply to it, whatever was said before.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use dataset::Inputs;
use ingest::discord::FetchConfig;
use persona_core::{
    Author, Channel, ChannelKind, ChatMessage, Conversation, Guild, Id, Mention, Message,
    MessageKind, Silent, jsonl, layout, prompt,
};
use persona_discord::{Account, ApiConfig, DecodedMessage, Rest, Token};
use persona_engine::{Backend, Remote, RemoteConfig};
use persona_run::RunFolder;
use persona_store::{RememberedMessage, Store};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::{
    config::BotConfig,
    context::Builder,
    database::Database,
    files::BotFiles,
    gateway::Seen,
    incoming::{self, Incoming},
    known::Known,
    observer::Observer,
    shared::Shared,
};

const ME: Id = 900;
const OTHER_BOT: Id = 800;
const PEOPLE: [Id; 3] = [1, 2, 3];
const CHANNEL: Id = 5;
const MINUTE_MS: i64 = 60_000;

/// What stands in a message.
#[derive(Clone, Copy, Debug)]
enum Text {
    Words,
    /// Names a person, one nobody knows, and an emoji of the server.
    Names,
    Link,
    Nothing,
    /// Nobody wrote it.
    Joined,
}

#[derive(Clone, Copy, Debug)]
enum Later {
    Stays,
    Edited(Text),
    Deleted,
}

/// A message of somebody.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// One of the people, or the other bot.
    author: Id,
    /// After the message before it.
    minutes: i64,
    text: Text,
    /// Whether it answers something, and how many messages before it that is; it may be one that never was.
    answers: Option<usize>,
    /// Whether the bot answered it.
    answered: bool,
    /// What became of it.
    later: Later,
    /// Whether the gateway told of it, and not the history.
    live: bool,
}

/// What was said in a channel.
#[derive(Clone, Debug)]
struct History {
    rows: Vec<Row>,
    opted_out: Vec<Id>,
    context_turns: usize,
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        12 => Just(Text::Words),
        4 => Just(Text::Names),
        1 => Just(Text::Link),
        1 => Just(Text::Nothing),
        1 => Just(Text::Joined),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let author = prop_oneof![8 => prop::sample::select(&PEOPLE[..]), 1 => Just(OTHER_BOT)];
    let minutes = prop_oneof![12 => 0..3_i64, 2 => 3..12_i64, 1 => 25..40_i64];
    let later = prop_oneof![
        9 => Just(Later::Stays),
        2 => text().prop_map(Later::Edited),
        1 => Just(Later::Deleted),
    ];
    let answers = prop::option::of(1..16_usize);
    let flags = (any::<bool>(), prop::bool::weighted(0.3));
    (author, minutes, text(), answers, later, flags).prop_map(
        |(author, minutes, text, answers, later, (live, answered))| Row {
            author,
            minutes,
            text,
            answers,
            answered,
            later,
            live,
        },
    )
}

fn history() -> impl Strategy<Value = History> {
    let rows = prop::collection::vec(row(), 1..48);
    let opted_out = prop::sample::subsequence(&PEOPLE[..], 0..=1);
    (rows, opted_out, 1..6_usize).prop_map(|(rows, opted_out, context_turns)| History {
        rows,
        opted_out,
        context_turns,
    })
}

/// A store, and a bot on it that nobody connected.
struct Scene {
    folder: TempDir,
    store: Store,
    bot: Shared,
}

struct Nobody;

impl Observer for Nobody {}

impl Scene {
    fn new(history: &History) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("persona.sqlite");
        let mut store = Store::open(&path).unwrap();
        let batch = store.batch().unwrap();
        let guild = Guild {
            id: 4,
            name: "here".to_owned(),
        };
        batch.upsert_guild(&guild, 1).unwrap();
        let channel = Channel {
            id: CHANNEL,
            guild_id: guild.id,
            parent_id: None,
            kind: ChannelKind::Text,
            name: "general".to_owned(),
            topic: None,
        };
        batch.upsert_channel(&channel, 1).unwrap();
        for id in [1, 2, 3, OTHER_BOT, ME] {
            batch.upsert_author(&author(id), 1).unwrap();
        }
        batch.commit().unwrap();
        store.set_allowed(CHANNEL, true).unwrap();
        for &id in &history.opted_out {
            store.set_opted_out(id, true).unwrap();
        }
        let bot = bot(&store, path, history.context_turns);
        Self { folder, store, bot }
    }

    /// Everything happens: the bot sees it, and the store that datasets are made of holds it.
    fn play(&mut self, history: &History) {
        let messages = messages(&history.rows);
        for (row, (first, _)) in history.rows.iter().zip(&messages) {
            let seen = Seen {
                record: record(first),
                guild: Some(4),
                live: row.live,
                answered: None,
            };
            let incoming = incoming::receive(&self.bot, &mut self.store, &seen).unwrap();
            self.keep(first);
            if row.answered && matches!(incoming, Incoming::Remembered { .. }) {
                self.answer(first);
            }
        }
        for (row, (first, last)) in history.rows.iter().zip(&messages) {
            match row.later {
                Later::Stays => {}
                Later::Edited(_) => {
                    incoming::edited(&self.bot, &mut self.store, &record(last)).unwrap();
                    self.keep(last);
                }
                Later::Deleted => {
                    self.store.remove_remembered(CHANNEL, first.id).unwrap();
                    let batch = self.store.batch().unwrap();
                    batch.mark_deleted(first.id).unwrap();
                    batch.commit().unwrap();
                }
            }
        }
    }

    /// Puts a message among those that datasets are made of.
    fn keep(&mut self, message: &Message) {
        let batch = self.store.batch().unwrap();
        batch
            .upsert_message(message, message.edited_ms.unwrap_or(2))
            .unwrap();
        batch.commit().unwrap();
    }

    /// The bot answers at once.
    fn answer(&mut self, asked: &Message) {
        let own = own(asked, 5);
        self.keep(&own);
        let memory = RememberedMessage {
            message_id: own.id,
            channel_id: CHANNEL,
            author_id: ME,
            timestamp_ms: own.timestamp_ms,
            content: own.content,
            reply_to: own.reply_to,
        };
        assert!(self.store.remember(&memory).unwrap());
    }

    /// What the bot asks its model for an answer to `message`.
    fn prompt_of_bot(&self, message: Id) -> Vec<ChatMessage> {
        let memory = self.store.memory(CHANNEL, 1_000).unwrap();
        let builder = Builder {
            config: &self.bot.config,
            people: &self.bot.known.people(),
            me: ME,
        };
        builder.build(&memory, message).unwrap().prompt(&[])
    }

    /// The prompt of the dataset for an answer by the bot right after `asked`.
    fn prompt_of_dataset(&mut self, asked: &Message) -> Vec<ChatMessage> {
        let reply = own(asked, 1);
        self.keep(&reply);
        let config = dataset::Config {
            keep_bots: vec![format!("name{ME}")],
            context_turns: self.bot.config.context_turns,
            train_share: 1.0,
            validation_share: 0.0,
            ..dataset::Config::default()
        };
        let inputs = Inputs {
            store: self.store.path().to_owned(),
            out: self.folder.path().join("dataset"),
            limit: None,
            seed: 1,
        };
        dataset::run(&config, &inputs, &Silent).unwrap();
        let path = inputs.out.join(layout::dataset::CONVERSATIONS);
        let conversations: Vec<Conversation> = jsonl::read(&path).unwrap();
        let mut found = conversations.iter().flat_map(|conversation| {
            let positions = conversation.targets();
            positions
                .filter(|&position| conversation.turns[position].message_ids[0] == reply.id)
                .map(move |position| (conversation, position))
        });
        let (conversation, target) = found.next().expect("the reply is a target");
        prompt::prompt_for(conversation, target, config.context_turns)
    }
}

fn bot(store: &Store, path: PathBuf, context_turns: usize) -> Shared {
    let pseudonym = store.pseudonym(ME).unwrap().unwrap();
    let config = BotConfig {
        context_turns,
        context_turns_max: context_turns,
        pseudonym: pseudonym.clone(),
        ..BotConfig::default()
    };
    let database = Database::open(&path).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (known, remote) = runtime.block_on(async {
        let account = Account {
            id: ME,
            name: format!("name{ME}"),
        };
        let model = RemoteConfig {
            model: "nobody".to_owned(),
            ..RemoteConfig::default()
        };
        let known = Known::read(&database, account, pseudonym).await.unwrap();
        let remote = Remote::connect("http://127.0.0.1:9/v1", &model, None).await;
        (known, remote.unwrap())
    });
    let token = Token::new("some.token.here".to_owned()).unwrap();
    Shared {
        config,
        seed: 1,
        me: ME,
        rest: Rest::new(&token, &ApiConfig::default()).unwrap(),
        backend: Backend::Remote(remote),
        database,
        retrieval: None,
        observer: Arc::new(Nobody),
        files: BotFiles {
            run: RunFolder::new(path.with_extension("run")),
            store: path,
            embedder: None,
        },
        started: Instant::now(),
        fetch: FetchConfig::default(),
        fetching: AtomicBool::new(false),
        known: Arc::new(known),
    }
}

fn author(id: Id) -> Author {
    Author {
        id,
        name: format!("name{id}"),
        display_name: format!("Name {id}"),
        is_bot: [OTHER_BOT, ME].contains(&id),
    }
}

fn record(message: &Message) -> DecodedMessage {
    DecodedMessage {
        author: author(message.author_id),
        message: message.clone(),
        is_empty: false,
    }
}

/// The id of a message by its number; between two of them is room for answers of the bot.
fn id_of(number: usize) -> Id {
    1_000 + 10 * number as Id
}

/// An answer of the bot to a message: so many ids after it, before whatever comes next.
fn own(asked: &Message, after: Id) -> Message {
    Message {
        id: asked.id + after,
        channel_id: CHANNEL,
        author_id: ME,
        timestamp_ms: asked.timestamp_ms,
        kind: MessageKind::Reply,
        content: format!("my answer {after} to {}", asked.id),
        reply_to: Some(asked.id),
        ..Message::default()
    }
}

/// The messages as they were written, and as they are in the end.
fn messages(rows: &[Row]) -> Vec<(Message, Message)> {
    let mut timestamp_ms = 0;
    let mut messages = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        timestamp_ms += row.minutes * MINUTE_MS;
        let plain = Message {
            id: id_of(number),
            channel_id: CHANNEL,
            author_id: row.author,
            timestamp_ms,
            kind: match row.answers {
                Some(_) => MessageKind::Reply,
                None => MessageKind::Default,
            },
            reply_to: row.answers.map(|before| id_of(number) - 10 * before as Id),
            ..Message::default()
        };
        let first = with_text(plain.clone(), row.text, "first");
        let last = match row.later {
            Later::Edited(text) => Message {
                edited_ms: Some(timestamp_ms + 1),
                // An edit changes the text, and neither what kind of message it is nor what it answers.
                kind: first.kind,
                reply_to: first.reply_to,
                ..with_text(plain, text, "then")
            },
            Later::Stays | Later::Deleted => first.clone(),
        };
        messages.push((first, last));
    }
    messages
}

fn with_text(message: Message, text: Text, word: &str) -> Message {
    let id = message.id;
    match text {
        Text::Words => Message {
            content: format!("{word} {id} @someone"),
            ..message
        },
        Text::Names => Message {
            content: format!("{word} {id} <@2> @Gone <@{ME}> <#{CHANNEL}> <:blob:7>"),
            mentions: [(2, "Name 2"), (77, "Gone")]
                .map(|(id, display_name)| Mention {
                    id,
                    name: format!("name{id}"),
                    display_name: display_name.to_owned(),
                })
                .to_vec(),
            ..message
        },
        Text::Link => Message {
            content: format!("https://{word}.example/{id}"),
            ..message
        },
        Text::Nothing => Message {
            attachments: 1,
            ..message
        },
        Text::Joined => Message {
            kind: MessageKind::System,
            content: format!("{word} {id}"),
            reply_to: None,
            ..message
        },
    }
}

/// Lays both prompts for an answer to one of the messages side by side; `None` where the dataset has none of them.
fn both(history: &History, pick: usize) -> Option<(Vec<ChatMessage>, Vec<ChatMessage>)> {
    let mut scene = Scene::new(history);
    scene.play(history);
    // Of those who opted out the dataset has nothing, but the bot answers them.
    let may_be_asked = |memory: &RememberedMessage| {
        memory.author_id != ME && !history.opted_out.contains(&memory.author_id)
    };
    let memory = scene.store.memory(CHANNEL, 1_000).unwrap();
    let asked: Vec<&RememberedMessage> = memory
        .iter()
        .filter(|memory| may_be_asked(memory))
        .collect();
    let asked = asked.iter().rev().nth(pick % asked.len().max(1))?;
    let message = scene.store.message(asked.message_id).unwrap().unwrap();
    let of_bot = scene.prompt_of_bot(message.id);
    Some((of_bot, scene.prompt_of_dataset(&message)))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_bot_asks_what_the_model_was_trained_on(history in history(), pick in 0..10_usize) {
        if let Some((of_bot, of_dataset)) = both(&history, pick) {
            prop_assert_eq!(of_bot, of_dataset);
        }
    }
}

/// A message of a person a minute after the one before it, which stays as it is.
fn said(author: Id, answers: Option<usize>) -> Row {
    Row {
        author,
        minutes: 1,
        text: Text::Words,
        answers,
        answered: false,
        later: Later::Stays,
        live: true,
    }
}

#[test]
fn of_those_who_opted_out_only_the_question_is_read() {
    let rows = vec![
        said(1, None),
        said(2, None),
        said(1, None),
        said(2, None),
        said(1, Some(4)),
    ];
    let history = History {
        rows,
        opted_out: vec![1],
        context_turns: 5,
    };
    let mut scene = Scene::new(&history);
    scene.play(&history);
    let read: Vec<String> = scene.prompt_of_bot(id_of(4))[1..]
        .iter()
        .map(|message| message.content.clone())
        .collect();
    let expected = [
        "u2: first 1010 @someone\nfirst 1030 @someone",
        "u1: first 1040 @someone",
    ];
    assert_eq!(read, expected);
}

#[test]
fn what_is_answered_from_further_back_is_read_alike() {
    let mut rows = vec![said(1, None), said(2, Some(1))];
    rows.extend([3, 1, 2, 3].map(|author| said(author, None)));
    rows[2].minutes = 60;
    rows.push(said(1, Some(5)));
    let history = History {
        rows,
        opted_out: Vec::new(),
        context_turns: 3,
    };
    let (of_bot, of_dataset) = both(&history, 0).unwrap();
    let expected = [
        ("u2", 1_040),
        ("u3", 1_050),
        ("u1", 1_000),
        ("u2", 1_010),
        ("u1", 1_060),
    ];
    let turns = expected.map(|(author, id)| format!("{author}: first {id} @someone"));
    let read: Vec<&str> = of_bot[1..].iter().map(|turn| &*turn.content).collect();
    assert_eq!(read, turns);
    assert_eq!(of_bot, of_dataset);
}

#[test]
fn an_edit_of_a_message_that_was_not_seen_yet_is_left_to_catching_up() {
    let history = History {
        rows: vec![said(1, None), said(2, None)],
        opted_out: Vec::new(),
        context_turns: 5,
    };
    let mut scene = Scene::new(&history);
    scene.play(&history);
    let (missed, _) = messages(&[said(1, None), said(1, None), said(1, None)]).remove(2);
    incoming::edited(&scene.bot, &mut scene.store, &record(&missed)).unwrap();
    assert_eq!(scene.store.last_seen(CHANNEL).unwrap(), Some(id_of(1)));
    assert_eq!(scene.store.remembered(missed.id).unwrap(), None);
}

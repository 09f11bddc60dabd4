//! A store, and a bot on it, for which a history is played.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use dataset::Inputs;
use ingest::discord::FetchConfig;
use persona_core::{
    Author, Channel, ChannelKind, ChatMessage, Conversation, ConversationForm, Guild, Id, Message,
    Sampling, Silent, jsonl, layout, prompt,
};
use persona_discord::{Account, ApiConfig, DecodedMessage, Rest, Token};
use persona_engine::{Backend, Remote, RemoteConfig};
use persona_run::RunFolder;
use persona_store::{RememberedMessage, Store};
use tempfile::TempDir;

use super::history::{CHANNEL, History, Later, ME, OTHER_BOT, messages, own};
use crate::{
    config::BotConfig,
    context::Builder,
    database::Database,
    files::BotFiles,
    gateway::ReceivedMessage,
    incoming::{self, Incoming},
    known::Known,
    observer::Observer,
    state::BotState,
};

/// A store, and a bot on it that is not connected.
pub(super) struct Scene {
    pub(super) folder: TempDir,
    pub(super) store: Store,
    pub(super) bot: BotState,
}

struct Nobody;

impl Observer for Nobody {}

impl Scene {
    pub(super) fn new(history: &History) -> Self {
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

    /// Plays a history: the bot sees it, and the store that datasets are made from holds it.
    pub(super) fn play(&mut self, history: &History) {
        let messages = messages(&history.rows);
        for (row, (first, _)) in history.rows.iter().zip(&messages) {
            let received = ReceivedMessage {
                record: record(first),
                guild: Some(4),
                live: row.live,
                answered: None,
            };
            let incoming = incoming::receive(&self.bot, &mut self.store, &received).unwrap();
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

    /// Puts a message into the store that datasets are made from.
    fn keep(&mut self, message: &Message) {
        let batch = self.store.batch().unwrap();
        batch
            .upsert_message(message, message.edited_ms.unwrap_or(2))
            .unwrap();
        batch.commit().unwrap();
    }

    /// Lets the bot answer at once.
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

    /// The bot's prompt for an answer to `message`.
    pub(super) fn prompt_of_bot(&self, message: Id) -> Vec<ChatMessage> {
        let memory = self.store.memory(CHANNEL, 1_000).unwrap();
        let builder = Builder {
            form: &self.bot.form,
            config: &self.bot.config,
            people: &self.bot.known.people(),
            me: ME,
        };
        let context = builder.build(&memory, message).unwrap();
        context.prompt(&self.bot.form, &[])
    }

    /// The dataset's prompt for an answer of the bot right after `asked`.
    pub(super) fn prompt_of_dataset(&mut self, asked: &Message) -> Vec<ChatMessage> {
        let reply = own(asked, 1);
        self.keep(&reply);
        let config = dataset::Config {
            keep_bots: vec![format!("name{ME}")],
            train_share: 1.0,
            validation_share: 0.0,
            ..dataset::Config::default()
        };
        let inputs = Inputs {
            store: self.store.path().to_owned(),
            out: self.folder.path().join("dataset"),
            limit: None,
            conversations: None,
            form: self.bot.form.clone(),
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
        prompt::prompt_for(&self.bot.form, conversation, target)
    }
}

fn bot(store: &Store, path: PathBuf, context_turns: usize) -> BotState {
    let pseudonym = store.pseudonym(ME).unwrap().unwrap();
    let config = BotConfig {
        context_turns_max: Some(context_turns),
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
    let form = ConversationForm {
        context_turns,
        ..ConversationForm::default()
    };
    BotState {
        config,
        form,
        sampling: Sampling::default(),
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

pub(super) fn record(message: &Message) -> DecodedMessage {
    DecodedMessage {
        author: author(message.author_id),
        message: message.clone(),
        is_empty: false,
    }
}

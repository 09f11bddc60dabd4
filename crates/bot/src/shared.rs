//! What every part of a running bot uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use ingest::discord::FetchConfig;
use persona_conversation::{People, Person};
use persona_core::Id;
use persona_discord::{Account, Rest};
use persona_store::{Claim, StoredAuthor};

use crate::{
    backend::Backend, config::BotConfig, database::Database, error::Error, observer::Observer,
    place::Place, retrieval::Retrieval,
};

/// One bot.
pub(crate) struct Shared {
    pub(crate) config: BotConfig,
    /// Chance follows from it.
    pub(crate) seed: u64,
    /// The bot's own account.
    pub(crate) me: Id,
    pub(crate) rest: Rest,
    pub(crate) backend: Backend,
    pub(crate) database: Database,
    pub(crate) retrieval: Option<Arc<Retrieval>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) place: Place,
    pub(crate) started: Instant,
    /// How what is new is read, when that is ordered.
    pub(crate) fetch: FetchConfig,
    /// Whether it is being read.
    pub(crate) fetching: AtomicBool,
    people: Mutex<People>,
    channel_names: Mutex<BTreeMap<Id, String>>,
    /// Channels that were new to the bot when somebody wrote there.
    fresh: Mutex<BTreeSet<Id>>,
    /// Channels that were caught up with in this process: they are not new any more.
    met: Mutex<BTreeSet<Id>>,
    /// That Discord does not accept the token any more, where a reply met that.
    unauthorised: Mutex<Option<Error>>,
    /// What an earlier process took on and did not answer, by channel.
    claims: Mutex<BTreeMap<Id, Vec<Claim>>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("me", &self.me)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

/// The parts of a [`Shared`] that exist before it.
pub(crate) struct Beginning {
    pub(crate) fetch: FetchConfig,
    pub(crate) config: BotConfig,
    pub(crate) seed: u64,
    pub(crate) account: Account,
    pub(crate) rest: Rest,
    pub(crate) backend: Backend,
    pub(crate) database: Database,
    pub(crate) retrieval: Option<Arc<Retrieval>>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) place: Place,
}

impl Shared {
    /// Reads what is known of people and channels.
    pub(crate) async fn new(beginning: Beginning) -> Result<Self, Error> {
        let (authors, channels, claims) = beginning
            .database
            .run(|store| Ok((store.authors()?, store.channels()?, store.open_claims()?)))
            .await?;
        let mut people: People = authors.into_iter().map(Person::from).collect();
        people.insert(Person {
            id: beginning.account.id,
            pseudonym: beginning.config.pseudonym.clone(),
            name: beginning.account.name.clone(),
            display_name: beginning.account.name,
            is_bot: true,
            opted_out: false,
        });
        let mut by_channel: BTreeMap<Id, Vec<Claim>> = BTreeMap::new();
        for claim in claims {
            by_channel.entry(claim.channel_id).or_default().push(claim);
        }
        Ok(Self {
            config: beginning.config,
            seed: beginning.seed,
            me: beginning.account.id,
            rest: beginning.rest,
            backend: beginning.backend,
            database: beginning.database,
            retrieval: beginning.retrieval,
            observer: beginning.observer,
            place: beginning.place,
            started: Instant::now(),
            fetch: beginning.fetch,
            fetching: AtomicBool::new(false),
            people: Mutex::new(people),
            channel_names: Mutex::new(
                channels
                    .into_iter()
                    .map(|stored| (stored.channel.id, stored.channel.name))
                    .collect(),
            ),
            fresh: Mutex::default(),
            met: Mutex::default(),
            unauthorised: Mutex::default(),
            claims: Mutex::new(by_channel),
        })
    }

    /// Everybody the bot knows, itself among them. Not to be held over an await.
    pub(crate) fn people(&self) -> MutexGuard<'_, People> {
        hold(&self.people)
    }

    /// Names of channels.
    pub(crate) fn channel_names(&self) -> MutexGuard<'_, BTreeMap<Id, String>> {
        hold(&self.channel_names)
    }

    /// Channels that the bot came to for the first time while somebody wrote there.
    pub(crate) fn fresh(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        hold(&self.fresh)
    }

    /// Channels that were caught up with in this process.
    pub(crate) fn met(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        hold(&self.met)
    }

    /// What an earlier process took on in `channel` and did not answer. It is given out once.
    pub(crate) fn take_claims(&self, channel: Id) -> Vec<Claim> {
        hold(&self.claims).remove(&channel).unwrap_or_default()
    }

    /// Notes an error after which nothing else can work: the token is refused. Other errors are left to whoever met them.
    pub(crate) fn note_refusal(&self, error: Error) {
        if matches!(
            error,
            Error::Discord(persona_discord::Error::Unauthorised { .. })
        ) {
            *hold(&self.unauthorised) = Some(error);
        }
    }

    /// The error that was noted, once.
    pub(crate) fn refused(&self) -> Result<(), Error> {
        hold(&self.unauthorised).take().map_or(Ok(()), Err)
    }

    /// Notes what the store knows of somebody. The bot keeps its own pseudonym.
    pub(crate) fn know(&self, stored: StoredAuthor) {
        if stored.author.id != self.me {
            self.people().insert(stored.into());
        }
    }

    /// The display name behind a pseudonym.
    pub(crate) fn name_of(&self, pseudonym: &str) -> Option<String> {
        let people = self.people();
        let person = people.by_pseudonym(pseudonym)?;
        Some(person.display_name.clone())
    }

    /// The oldest time that a message to be answered may have.
    pub(crate) fn answer_since_ms(&self) -> i64 {
        now_ms() - i64::from(self.config.answer_within_minutes) * 60_000
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is replaced value by value: a panic elsewhere leaves it whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970-01-01 UTC.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64)
}

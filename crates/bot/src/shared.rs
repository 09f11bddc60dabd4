//! What every part of a running bot uses.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard, atomic::AtomicBool},
    time::Instant,
};

use ingest::discord::FetchConfig;
use persona_conversation::{People, Person};
use persona_core::Id;
use persona_discord::{Account, Rest, time::now_ms};
use persona_store::{Claim, StoredAuthor};

use crate::{
    backend::Backend, config::BotConfig, database::Database, error::Error, lock::locked,
    observer::Observer, place::Place, retrieval::Retrieval,
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
    pub(crate) known: Known,
}

/// What the bot knows of its surroundings; it changes while the bot runs.
#[derive(Debug, Default)]
pub(crate) struct Known {
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

impl Known {
    /// Reads what the store knows of people and channels. The bot itself, with its `account`, is called `pseudonym`.
    pub(crate) async fn read(
        database: &Database,
        account: Account,
        pseudonym: String,
    ) -> Result<Self, Error> {
        let (authors, channels, claims) = database
            .run(|store| Ok((store.authors()?, store.channels()?, store.open_claims()?)))
            .await?;
        let mut people: People = authors.into_iter().map(Person::from).collect();
        people.insert(Person {
            id: account.id,
            pseudonym,
            name: account.name.clone(),
            display_name: account.name,
            is_bot: true,
            opted_out: false,
        });
        let mut by_channel: BTreeMap<Id, Vec<Claim>> = BTreeMap::new();
        for claim in claims {
            by_channel.entry(claim.channel_id).or_default().push(claim);
        }
        let channels = channels.into_iter().map(|stored| stored.channel);
        Ok(Self {
            people: Mutex::new(people),
            channel_names: Mutex::new(channels.map(|channel| (channel.id, channel.name)).collect()),
            claims: Mutex::new(by_channel),
            ..Self::default()
        })
    }
}

impl Shared {
    /// Everybody the bot knows, itself among them. Not to be held over an await.
    pub(crate) fn people(&self) -> MutexGuard<'_, People> {
        locked(&self.known.people)
    }

    /// Names of channels.
    pub(crate) fn channel_names(&self) -> MutexGuard<'_, BTreeMap<Id, String>> {
        locked(&self.known.channel_names)
    }

    /// Channels that the bot came to for the first time while somebody wrote there.
    pub(crate) fn fresh(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        locked(&self.known.fresh)
    }

    /// Channels that were caught up with in this process.
    pub(crate) fn met(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        locked(&self.known.met)
    }

    /// What an earlier process took on in `channel` and did not answer. It is given out once.
    pub(crate) fn take_claims(&self, channel: Id) -> Vec<Claim> {
        locked(&self.known.claims)
            .remove(&channel)
            .unwrap_or_default()
    }

    /// Notes an error after which nothing else can work: the token is refused. Other errors are left to whoever met them.
    pub(crate) fn note_refusal(&self, error: Error) {
        if matches!(
            error,
            Error::Discord(persona_discord::Error::Unauthorised { .. })
        ) {
            *locked(&self.known.unauthorised) = Some(error);
        }
    }

    /// The error that was noted, once.
    pub(crate) fn refused(&self) -> Result<(), Error> {
        locked(&self.known.unauthorised).take().map_or(Ok(()), Err)
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

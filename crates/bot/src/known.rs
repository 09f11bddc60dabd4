//! People, channels and claims that a running bot knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use persona_conversation::{People, Person};
use persona_core::{Id, lock::locked};
use persona_discord::Account;
use persona_store::Claim;

use crate::{database::Database, error::Error};

/// People, channels and claims that the bot knows; they change while it runs.
#[derive(Debug, Default)]
pub(crate) struct Known {
    people: Mutex<People>,
    channel_names: Mutex<BTreeMap<Id, String>>,
    /// Channels that were new to the bot when a message arrived there.
    new_channels: Mutex<BTreeSet<Id>>,
    /// Channels that this process has caught up with: they are not new any more.
    caught_up_channels: Mutex<BTreeSet<Id>>,
    /// Set when Discord refused the token during a reply.
    unauthorised: Mutex<Option<Error>>,
    /// Claims of an earlier process without a reply, by channel.
    claims: Mutex<BTreeMap<Id, Vec<Claim>>>,
}

impl Known {
    /// Reads people, channels and open claims from the store, and adds the bot's `account` under `pseudonym`.
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

    /// Everybody the bot knows, itself among them. The lock must not be held over an await.
    pub(crate) fn people(&self) -> MutexGuard<'_, People> {
        locked(&self.people)
    }

    /// Names of channels by id.
    pub(crate) fn channel_names(&self) -> MutexGuard<'_, BTreeMap<Id, String>> {
        locked(&self.channel_names)
    }

    /// Channels that were new to the bot when a message arrived there.
    pub(crate) fn new_channels(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        locked(&self.new_channels)
    }

    /// Channels that this process has caught up with.
    pub(crate) fn caught_up_channels(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        locked(&self.caught_up_channels)
    }

    /// Takes the claims of an earlier process in `channel`; a second call returns none.
    pub(crate) fn take_claims(&self, channel: Id) -> Vec<Claim> {
        locked(&self.claims).remove(&channel).unwrap_or_default()
    }

    /// Records that Discord refused the token, after which nothing else can work. Other errors are dropped: their callers
    /// handle them.
    pub(crate) fn note_refusal(&self, error: Error) {
        if matches!(
            error,
            Error::Discord(persona_discord::Error::Unauthorised { .. })
        ) {
            *locked(&self.unauthorised) = Some(error);
        }
    }

    /// Returns the recorded refusal of the token as an error, once.
    pub(crate) fn refused(&self) -> Result<(), Error> {
        locked(&self.unauthorised).take().map_or(Ok(()), Err)
    }

    /// Display name of the person with this pseudonym.
    pub(crate) fn name_of(&self, pseudonym: &str) -> Option<String> {
        let people = self.people();
        let person = people.by_pseudonym(pseudonym)?;
        Some(person.display_name.clone())
    }
}

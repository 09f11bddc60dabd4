//! What the bot knows of its surroundings.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard},
};

use persona_conversation::{People, Person};
use persona_core::{Id, lock::locked};
use persona_discord::Account;
use persona_store::Claim;

use crate::{database::Database, error::Error};

/// People, channels and claims; they change while the bot runs.
#[derive(Debug, Default)]
pub(crate) struct Known {
    people: Mutex<People>,
    channel_names: Mutex<BTreeMap<Id, String>>,
    /// Channels that were new to the bot when somebody wrote there.
    new_channels: Mutex<BTreeSet<Id>>,
    /// Channels that were caught up with in this process: they are not new any more.
    caught_up_channels: Mutex<BTreeSet<Id>>,
    /// Set when Discord refused the token during a reply.
    unauthorised: Mutex<Option<Error>>,
    /// Claims of an earlier process without a reply, by channel.
    claims: Mutex<BTreeMap<Id, Vec<Claim>>>,
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

    /// Everybody the bot knows, itself among them. Not to be held over an await.
    pub(crate) fn people(&self) -> MutexGuard<'_, People> {
        locked(&self.people)
    }

    /// Names of channels by id.
    pub(crate) fn channel_names(&self) -> MutexGuard<'_, BTreeMap<Id, String>> {
        locked(&self.channel_names)
    }

    /// Channels that the bot came to for the first time while somebody wrote there.
    pub(crate) fn new_channels(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        locked(&self.new_channels)
    }

    /// Channels that were caught up with in this process.
    pub(crate) fn caught_up_channels(&self) -> MutexGuard<'_, BTreeSet<Id>> {
        locked(&self.caught_up_channels)
    }

    /// Takes the claims of an earlier process in `channel`; a second call returns none.
    pub(crate) fn take_claims(&self, channel: Id) -> Vec<Claim> {
        locked(&self.claims).remove(&channel).unwrap_or_default()
    }

    /// Notes an error after which nothing else can work: the token is refused. Other errors are left to whoever met them.
    pub(crate) fn note_refusal(&self, error: Error) {
        if matches!(
            error,
            Error::Discord(persona_discord::Error::Unauthorised { .. })
        ) {
            *locked(&self.unauthorised) = Some(error);
        }
    }

    /// Takes the recorded refusal of the token.
    pub(crate) fn refused(&self) -> Result<(), Error> {
        locked(&self.unauthorised).take().map_or(Ok(()), Err)
    }

    /// The display name behind a pseudonym.
    pub(crate) fn name_of(&self, pseudonym: &str) -> Option<String> {
        let people = self.people();
        let person = people.by_pseudonym(pseudonym)?;
        Some(person.display_name.clone())
    }
}

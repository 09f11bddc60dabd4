//! People by pseudonym, account and name.

use std::collections::{BTreeMap, BTreeSet};

use persona_core::Id;
use persona_store::StoredAuthor;
use strsim::levenshtein;

use crate::error::Error;

/// Similar names that an error shows.
const NEAR_MAX: usize = 5;

/// Author or mentioned person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Snowflake of the account.
    pub id: Id,
    /// Pseudonym, such as `u7`.
    pub pseudonym: String,
    /// The account's unique name.
    pub name: String,
    /// Display name.
    pub display_name: String,
    /// Whether the person is a bot or a webhook.
    pub is_bot: bool,
    /// Whether the person opted out.
    pub opted_out: bool,
}

impl From<StoredAuthor> for Person {
    fn from(stored: StoredAuthor) -> Self {
        Self {
            id: stored.author.id,
            pseudonym: stored.pseudonym(),
            name: stored.author.name,
            display_name: stored.author.display_name,
            is_bot: stored.author.is_bot,
            opted_out: stored.opted_out,
        }
    }
}

/// All authors and mentioned people of the store.
#[derive(Debug, Default)]
pub struct People {
    by_id: BTreeMap<Id, Person>,
}

impl FromIterator<Person> for People {
    fn from_iter<T: IntoIterator<Item = Person>>(people: T) -> Self {
        Self {
            by_id: people
                .into_iter()
                .map(|person| (person.id, person))
                .collect(),
        }
    }
}

impl People {
    /// Adds a person, or replaces the one with the same id.
    pub fn insert(&mut self, person: Person) {
        self.by_id.insert(person.id, person);
    }

    /// Removes a person.
    pub fn remove(&mut self, id: Id) -> Option<Person> {
        self.by_id.remove(&id)
    }

    /// The person with this id.
    pub fn get(&self, id: Id) -> Option<&Person> {
        self.by_id.get(&id)
    }

    /// The person with this pseudonym.
    pub fn by_pseudonym(&self, pseudonym: &str) -> Option<&Person> {
        self.by_id
            .values()
            .find(|person| person.pseudonym == pseudonym)
    }

    /// The only person with the `name`: an id, a pseudonym, an account name, or else a display name.
    pub fn find(&self, name: &str) -> Result<&Person, Error> {
        let name = name.trim().trim_start_matches('@');
        let same = |other: &str| other.to_lowercase() == name.to_lowercase();
        let tests: [&dyn Fn(&Person) -> bool; 4] = [
            &|person| name.parse() == Ok(person.id),
            &|person| same(&person.pseudonym),
            &|person| same(&person.name),
            &|person| same(&person.display_name),
        ];
        for test in tests {
            let found: Vec<&Person> = self.by_id.values().filter(|person| test(person)).collect();
            match found[..] {
                [] => {}
                [person] => return Ok(person),
                _ => {
                    return Err(Error::AmbiguousPerson {
                        name: name.to_owned(),
                        people: found
                            .iter()
                            .map(|person| format!("{} (`{}`)", person.pseudonym, person.name))
                            .collect(),
                    });
                }
            }
        }
        Err(Error::UnknownPerson {
            name: name.to_owned(),
            near: self.near(name),
        })
    }

    /// Treats the bots with these `names` like people.
    pub fn keep_bots(&mut self, names: &[String]) -> Result<(), Error> {
        for name in names {
            let id = self.find(name)?.id;
            if let Some(person) = self.by_id.get_mut(&id) {
                person.is_bot = false;
            }
        }
        Ok(())
    }

    fn near(&self, name: &str) -> Vec<String> {
        let wanted = name.to_lowercase();
        let mut near: BTreeSet<(usize, &str)> = BTreeSet::new();
        for person in self.by_id.values() {
            for candidate in [&person.name, &person.display_name] {
                let lower = candidate.to_lowercase();
                let contains = !wanted.is_empty() && lower.contains(&wanted);
                let distance = if contains {
                    1
                } else {
                    levenshtein(&wanted, &lower)
                };
                if distance <= 1 + wanted.chars().count() / 3 {
                    near.insert((distance, candidate));
                }
            }
        }
        let mut names: Vec<String> = Vec::new();
        for (_, candidate) in near {
            let candidate = format!("`{candidate}`");
            if names.len() < NEAR_MAX && !names.contains(&candidate) {
                names.push(candidate);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> People {
        [
            (11, "marlow", "Captain"),
            (12, "kurtz", "Captain"),
            (13, "u2", "The Third"),
        ]
        .into_iter()
        .enumerate()
        .map(|(index, (id, name, display_name))| Person {
            id,
            pseudonym: format!("u{}", index + 1),
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            is_bot: false,
            opted_out: false,
        })
        .collect()
    }

    #[test]
    fn every_name_finds_its_person() {
        let people = people();
        for (name, id) in [
            ("11", 11),
            ("u1", 11),
            ("@Marlow", 11),
            ("the third", 13),
            ("u2", 12),
        ] {
            assert_eq!(people.find(name).unwrap().id, id, "{name}");
        }
    }

    #[test]
    fn unknown_and_ambiguous_names_say_what_there_is() {
        let people = people();
        let error = people.find("marlo").unwrap_err();
        insta::assert_snapshot!(error, @"nobody in the store is called `marlo`");
        insta::assert_snapshot!(persona_core::Hint::hint(&error).unwrap(), @"did you mean `marlow`?");
        insta::assert_snapshot!(people.find("captain").unwrap_err(), @"`captain` is the name of 2 people: u1 (`marlow`), u2 (`kurtz`)");
    }
}

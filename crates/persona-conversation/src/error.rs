//! Errors of the search for people by name.

use persona_core::Hint;

/// Error of finding a person by name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nobody has this name.
    #[error("nobody in the store is called `{name}`")]
    UnknownPerson {
        /// Name, pseudonym or id that was given.
        name: String,
        /// Similar names, best first.
        near: Vec<String>,
    },
    /// Several people have this name.
    #[error("`{name}` is the name of {} people: {}", .people.len(), .people.join(", "))]
    AmbiguousPerson {
        /// Name that was given.
        name: String,
        /// Pseudonym and account name of each.
        people: Vec<String>,
    },
}

impl Hint for Error {
    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownPerson { near, .. } if !near.is_empty() => {
                Some(format!("did you mean {}?", near.join(", ")))
            }
            Self::UnknownPerson { .. } => Some(
                "give an account name, a display name, a pseudonym such as `u1`, or an id"
                    .to_owned(),
            ),
            Self::AmbiguousPerson { .. } => Some("name one by pseudonym or id".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;

//! The `SQLite` store of Persona: schema, migrations and queries.
//!
//! Ids are snowflakes. Whatever is stored twice changes nothing; where two sources disagree, the later observation wins,
//! and between equally late ones a fixed order of the facts decides. The content therefore does not depend on the order
//! in which sources come in; only pseudonym numbers do, because they count authors in the order of their first insertion.
//!
//! Invariant: no type of the database library is part of the interface, except as the source of an error.

mod batch;
mod codes;
mod error;
mod facts;
mod hash;
mod people;
mod read;
mod rewrite;
mod schema;
mod store;

#[cfg(test)]
mod tests;

pub use batch::{Batch, Change, Rejected};
pub use error::Error;
pub use store::{Counts, Store, StoredAuthor, StoredChannel};

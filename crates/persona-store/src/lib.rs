//! The SQLite store of Persona: schema, migrations and queries.

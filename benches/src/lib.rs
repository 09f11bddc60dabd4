//! Benches of Persona; run them with `cargo bench -p benches`.

//! The command line of Persona.
fn main() {}

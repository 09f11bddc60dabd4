//! A Discord-compatible server on loopback for tests, checked against Discord's own description of its API.

//! What a run is, as its callers see it.

mod error_texts;

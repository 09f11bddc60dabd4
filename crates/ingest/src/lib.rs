//! Chat history into the store: exports of every common format.

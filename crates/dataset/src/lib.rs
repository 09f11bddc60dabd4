//! From the store to conversations, preference pairs and statistics.

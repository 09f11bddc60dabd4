//! How messages become turns, turns conversations, and conversations the context of a reply.

//! The `[bot.remote]` section of `persona.toml`: a remote server.

use serde::{Deserialize, Serialize};

/// Settings of a remote server, where `engine` is an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoteConfig {
    /// Name of the model on the server. Empty takes the first that the server lists.
    pub model: String,
    /// Seconds to wait for the first piece of a reply: the server may have a queue.
    pub first_token_seconds: u64,
    /// Seconds to wait between two pieces.
    pub idle_seconds: u64,
    /// Send `top_k` and the repetition penalty, which vLLM and llama-server know and OpenAI's own API refuses.
    pub sampling_extensions: bool,
}

impl Default for RemoteConfig {
    fn default() -> Self {
        Self {
            model: String::new(),
            first_token_seconds: 120,
            idle_seconds: 30,
            sampling_extensions: true,
        }
    }
}

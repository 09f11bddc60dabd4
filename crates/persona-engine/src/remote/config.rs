//! How a server is asked, the `[bot.remote]` section of `persona.toml`.

use serde::{Deserialize, Serialize};

/// How a server is asked, where `engine` is its address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RemoteConfig {
    /// The name of the model there. Empty takes the first that the server lists.
    pub model: String,
    /// So long the first piece of a reply may take: the server may have a queue.
    pub first_token_seconds: u64,
    /// So long the server may be silent between two pieces.
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

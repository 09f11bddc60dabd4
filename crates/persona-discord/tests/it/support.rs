use discord_server::{Kind, Server, World};
use persona_discord::{ApiConfig, Rest, Token};

/// Test server with one channel and one person.
pub(crate) struct TestChannel {
    pub(crate) server: Server,
    pub(crate) guild: u64,
    pub(crate) channel: u64,
    pub(crate) user: u64,
}

impl TestChannel {
    pub(crate) fn new() -> Self {
        let mut world = World::new();
        let guild = world.guild("Workshop");
        let channel = world.channel(guild, Kind::Text, "general");
        let user = world.user("ada");
        Self {
            server: Server::start(world),
            guild,
            channel,
            user,
        }
    }

    /// Settings without waits.
    pub(crate) fn config(&self) -> ApiConfig {
        ApiConfig {
            api: self.server.url(),
            requests_per_second: 0.0,
            channel_interval_ms: 0,
            timeout_seconds: 10.0,
            retries: 4,
            backoff_ms: 1,
            retry_after_cap_seconds: 5.0,
            ..ApiConfig::default()
        }
    }

    pub(crate) fn rest(&self) -> Rest {
        self.rest_with(&self.config())
    }

    pub(crate) fn rest_with(&self, config: &ApiConfig) -> Rest {
        Rest::new(&Token::new(self.server.token()).unwrap(), config).unwrap()
    }
}

/// Blocks until `work` is done.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

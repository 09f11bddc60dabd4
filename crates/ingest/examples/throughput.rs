//! Measures how many messages per second are read and stored when the server answers at once: `cargo run -p ingest
//! --release --example throughput [MESSAGES]`.
//!
//! The test server runs in the same process and takes its share of the processor. It renders every message before the clock starts.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for people who measure"
)]

use std::time::Instant;

use discord_server::{Generate, Server, Validation, generate};
use ingest::discord::{self, FetchConfig, Inputs, Mode};
use persona_core::Silent;
use persona_discord::{ApiConfig, Rest, Token};

const ROUNDS: usize = 3;

fn main() {
    let messages = std::env::args()
        .nth(1)
        .map_or(50_000, |text| text.parse().unwrap());
    let server = Server::start(generate(&Generate {
        people: 200,
        ..Generate::new(1, messages, 24, 16)
    }));
    server.validate(Validation::NotPages);
    let config = ApiConfig {
        api: server.url(),
        requests_per_second: 0.0,
        channel_interval_ms: 0,
        ..ApiConfig::default()
    };
    let rest = Rest::new(&Token::new(server.token()).unwrap(), &config).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for round in 0..=ROUNDS {
        let inputs = Inputs {
            store: folder.path().join(format!("{round}.sqlite")),
            rest: rest.clone(),
            guild: None,
            allow: Vec::new(),
            deny: Vec::new(),
            mode: Mode::Fetch,
        };
        let begun = Instant::now();
        let report = discord::run(&FetchConfig::default(), &inputs, &Silent).unwrap();
        let seconds = begun.elapsed().as_secs_f64();
        let label = if round == 0 { "warm-up" } else { "measured" };
        println!(
            "{label}: {} messages of {} channels in {} pages, {seconds:.2} s, {:.0} messages/s",
            report.totals.messages,
            report.channels.len(),
            report.pages,
            report.totals.messages as f64 / seconds
        );
    }
}

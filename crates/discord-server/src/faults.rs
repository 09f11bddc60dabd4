//! Faults that the server makes on purpose.

use std::{collections::BTreeMap, time::Duration};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

/// Fault in answering one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// An answer with status 429.
    TooMany(TooMany),
    /// An answer with this status, before the request is carried out. 5xx bodies are HTML, as a proxy writes them.
    Status(u16),
    /// The right answer, delayed.
    Slow(Duration),
    /// The connection is cut before the request is carried out.
    Cut,
    /// The request is carried out, then the connection is cut without an answer.
    CutAfter,
    /// The request is carried out, and the connection is cut in the middle of the answer.
    CutBody,
    /// The request is carried out, and the answer is not JSON.
    Garbled,
}

/// An answer with status 429.
#[derive(Clone, Debug, PartialEq)]
pub struct TooMany {
    /// Header `Retry-After`, as it is sent; `None` leaves it out.
    pub header: Option<String>,
    /// `retry_after` of the body, in seconds; `None` sends a body that is not JSON, as proxies do.
    pub body: Option<Value>,
    /// Whether the limit holds for all routes.
    pub global: bool,
}

impl TooMany {
    /// A 429 as Discord sends it: header and body agree.
    pub fn seconds(seconds: f64) -> Self {
        Self {
            header: Some(format!("{}", seconds.ceil())),
            body: Some(json!(seconds)),
            global: false,
        }
    }

    /// Makes the limit hold for all routes.
    #[must_use]
    pub fn global(mut self) -> Self {
        self.global = true;
        self
    }

    /// Sets the header to any text.
    #[must_use]
    pub fn with_header(mut self, header: Option<&str>) -> Self {
        self.header = header.map(str::to_owned);
        self
    }

    /// Sets `retry_after` of the body to any value.
    #[must_use]
    pub fn with_body(mut self, body: Option<Value>) -> Self {
        self.body = body;
        self
    }
}

/// Shares of requests that fail by chance. The seed decides which.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// Seed of the random faults.
    pub seed: u64,
    /// Share of answers with 429, in all known forms.
    pub too_many: f64,
    /// Share of answers with 500, 502, 503 or 504.
    pub server_error: f64,
    /// Share of delayed answers.
    pub slow: f64,
    /// Longest delay.
    pub slow_at_most: Duration,
    /// Share of connections cut before the request is carried out.
    pub cut: f64,
    /// Share of connections cut after the request is carried out, without an answer.
    pub cut_after: f64,
    /// Share of connections cut in the middle of the answer.
    pub cut_body: f64,
}

impl Chance {
    /// Every kind of fault, `share` of all requests together.
    pub fn all(seed: u64, share: f64) -> Self {
        let each = share / 6.0;
        Self {
            seed,
            too_many: each,
            server_error: each,
            slow: each,
            slow_at_most: Duration::from_millis(50),
            cut: each,
            cut_after: each,
            cut_body: each,
        }
    }
}

/// Requests that a fault applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// Method, such as `GET`; `None` means any.
    pub method: Option<String>,
    /// Part of the path, such as `/messages`; `None` means any.
    pub path: Option<String>,
}

impl Matching {
    /// Matches every request.
    pub fn any() -> Self {
        Self::default()
    }

    /// Matches requests with this method and this part in their path.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
        }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        self.method.as_deref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

/// Switches for the faults of the server.
#[derive(Debug, Default)]
pub struct Faults {
    planned: Vec<(Matching, u32, Fault)>,
    chance: Option<(Chance, ChaCha8Rng)>,
    /// Whether every token is refused with 401.
    pub refuse_token: bool,
    /// Whether contents, embeds, attachments and components are sent empty, as without the Message Content Intent.
    pub empty_contents: bool,
    /// Number of requests that a channel may get in a time, as Discord enforces it.
    pub limit: Option<(u32, Duration)>,
    /// Statuses for all requests about a channel, such as 403 or 404.
    pub channels: BTreeMap<u64, u16>,
}

impl Faults {
    /// Plans `fault` for the next `times` matching requests. Plans are followed in the order of the calls.
    pub fn plan(&mut self, matching: Matching, times: u32, fault: Fault) {
        self.planned.push((matching, times, fault));
    }

    /// Sets the shares of random faults, or `None` for no random faults.
    pub fn chance(&mut self, chance: Option<Chance>) {
        self.chance = chance.map(|chance| (chance, ChaCha8Rng::seed_from_u64(chance.seed)));
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Number of planned faults that did not happen yet.
    pub fn planned(&self) -> u32 {
        self.planned.iter().map(|(_, times, _)| times).sum()
    }

    /// Takes the fault for a request, if there is one.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Fault> {
        let planned = self
            .planned
            .iter_mut()
            .find(|(matching, times, _)| *times > 0 && matching.fits(method, path));
        if let Some((_, times, fault)) = planned {
            *times -= 1;
            let fault = fault.clone();
            self.planned.retain(|(_, times, _)| *times > 0);
            return Some(fault);
        }
        let (chance, random) = self.chance.as_mut()?;
        draw(*chance, random)
    }
}

fn draw(chance: Chance, random: &mut ChaCha8Rng) -> Option<Fault> {
    let mut drawn: f64 = random.random();
    let mut hit = |share: f64| {
        drawn -= share;
        drawn < 0.0
    };
    if hit(chance.too_many) {
        return Some(Fault::TooMany(too_many(random)));
    }
    if hit(chance.server_error) {
        let statuses = [500, 502, 503, 504];
        return Some(Fault::Status(
            statuses[random.random_range(0..statuses.len())],
        ));
    }
    if hit(chance.slow) {
        return Some(Fault::Slow(chance.slow_at_most.mul_f64(random.random())));
    }
    if hit(chance.cut) {
        return Some(Fault::Cut);
    }
    if hit(chance.cut_after) {
        return Some(Fault::CutAfter);
    }
    hit(chance.cut_body).then_some(Fault::CutBody)
}

/// A 429 in one of the forms that Discord sends, with a short wait.
fn too_many(random: &mut ChaCha8Rng) -> TooMany {
    let short = TooMany::seconds(0.02).with_header(Some("0"));
    match random.random_range(0..7) {
        0 => short.global(),
        1 => short.with_header(None),
        2 => short.with_header(Some("soon")),
        3 => short.with_header(Some("-1")),
        4 => short.with_body(Some(json!("soon"))),
        5 => short.with_body(None),
        _ => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_followed_in_order_and_only_where_they_match() {
        let mut faults = Faults::default();
        faults.plan(Matching::new("GET", "/messages"), 2, Fault::Cut);
        faults.plan(Matching::any(), 1, Fault::Status(503));
        assert_eq!(
            faults.take("POST", "/channels/1/messages"),
            Some(Fault::Status(503))
        );
        assert_eq!(faults.take("POST", "/channels/1/messages"), None);
        assert_eq!(faults.take("GET", "/channels/1/messages"), Some(Fault::Cut));
        assert_eq!(faults.planned(), 1);
    }

    #[test]
    fn chance_repeats_and_keeps_its_shares() {
        let draw = |seed| {
            let mut faults = Faults::default();
            faults.chance(Some(Chance::all(seed, 0.3)));
            (0..10_000)
                .map(|_| faults.take("GET", "/"))
                .collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let share = draw(1).iter().flatten().count() as f64 / 10_000.0;
        assert!((0.28..0.32).contains(&share), "{share}");
    }
}

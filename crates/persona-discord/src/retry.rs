//! What an answer means for the next attempt: repeat, wait or give up.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use reqwest::header::HeaderMap;
use serde::Deserialize;
use serenity::http::{LightMethod, Request, Route};

const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// Wait that a 429 asks for, and whether it holds for all requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pause {
    /// Wait, the longer one of header and body; `None` if neither is usable.
    pub(crate) wait: Option<Duration>,
    pub(crate) global: bool,
}

#[derive(Deserialize)]
struct LimitBody {
    retry_after: Option<f64>,
    global: Option<bool>,
}

/// Reads the wait from a 429. Header and body may differ, and either may be missing or unusable.
pub(crate) fn pause(headers: &HeaderMap, body: &[u8]) -> Pause {
    let body = serde_json::from_slice::<LimitBody>(body).ok();
    let told = body.as_ref().and_then(|body| body.retry_after);
    let scope = text(headers, "x-ratelimit-scope");
    let global = scope.is_some_and(|scope| scope.eq_ignore_ascii_case("global"))
        || text(headers, "x-ratelimit-global").is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
        // Discord's own servers answer in JSON. Any other body comes from a proxy before them, and concerns our
        // address.
        || body.as_ref().is_none_or(|body| body.global == Some(true));
    Pause {
        wait: told.and_then(duration).max(retry_after(headers)),
        global,
    }
}

/// Wait in `Retry-After`, if it holds a usable number of seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    number(headers, "retry-after")
}

/// Time for which the bucket is used up, from the headers of a successful answer.
pub(crate) fn used_up(headers: &HeaderMap) -> Option<Duration> {
    let left = text(headers, "x-ratelimit-remaining")?;
    if left.trim() != "0" {
        return None;
    }
    number(headers, "x-ratelimit-reset-after")
}

fn number(headers: &HeaderMap, name: &str) -> Option<Duration> {
    text(headers, name)?.trim().parse().ok().and_then(duration)
}

fn text<'headers>(headers: &'headers HeaderMap, name: &str) -> Option<&'headers str> {
    headers.get(name)?.to_str().ok()
}

/// Duration of `seconds`; `None` for negative numbers and NaN. Huge numbers are cut, so that sums stay in range.
fn duration(seconds: f64) -> Option<Duration> {
    const LONGEST_SECONDS: f64 = 1e9;
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST_SECONDS)))
}

/// Wait before repetition number `attempt`, from 1. It doubles each time, and up to half of it is random, so that
/// requests that failed together are not repeated together.
pub(crate) fn backoff(first: Duration, attempt: u32) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
    let whole = doubled.min(BACKOFF_MAX);
    // The standard library's hasher has a random key, which serves as a source of chance.
    let chance = RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64;
    whole.mul_f64(0.5 + chance / 2.0)
}

#[derive(Deserialize)]
struct Nonce {
    #[serde(default)]
    enforce_nonce: bool,
}

/// Whether a request that may have been carried out can be repeated safely.
pub(crate) fn repeatable(request: &Request<'_>) -> bool {
    let (LightMethod::Post, route) = (*request.method_ref(), request.route_ref()) else {
        return true;
    };
    match route {
        // Discord refuses a second answer to an interaction.
        Route::ChannelTyping { .. } | Route::InteractionResponse { .. } => true,
        Route::ChannelMessages { .. } => request.body_ref().is_some_and(|body| {
            serde_json::from_slice::<Nonce>(body).is_ok_and(|body| body.enforce_nonce)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serenity::model::id::ChannelId;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    name.parse().expect("a name"),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn waits(header: &'static str, body: &str) -> Option<f64> {
        let headers = headers(&[("Retry-After", header)]);
        pause(&headers, body.as_bytes())
            .wait
            .map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn the_larger_of_header_and_body_counts() {
        assert_eq!(
            waits("2", r#"{"retry_after": 1.5, "global": false}"#),
            Some(2.0)
        );
        assert_eq!(
            waits("1", r#"{"retry_after": 1.5, "global": false}"#),
            Some(1.5)
        );
        assert_eq!(waits("3600", "error code: 1015"), Some(3600.0));
    }

    #[test]
    fn nonsense_counts_as_absent() {
        for header in [
            "soon",
            "",
            "-5",
            "NaN",
            "-inf",
            "Wed, 21 Oct 2026 07:28:00 GMT",
        ] {
            assert_eq!(
                waits(header, r#"{"retry_after": 0.25}"#),
                Some(0.25),
                "{header}"
            );
            assert_eq!(waits(header, r#"{"retry_after": -1}"#), None, "{header}");
            assert_eq!(waits(header, ""), None, "{header}");
        }
        assert!(waits("inf", "").is_some_and(|seconds| seconds > 1e8));
        assert!(waits("1e300", "").is_some_and(f64::is_finite));
    }

    #[test]
    fn who_else_is_meant() {
        let global = |pairs, body: &str| pause(&headers(pairs), body.as_bytes()).global;
        assert!(!global(
            &[("X-RateLimit-Scope", "user")],
            r#"{"retry_after": 1}"#
        ));
        assert!(global(
            &[("X-RateLimit-Scope", "global")],
            r#"{"retry_after": 1}"#
        ));
        assert!(global(
            &[("X-RateLimit-Global", "true")],
            r#"{"retry_after": 1}"#
        ));
        assert!(global(&[], r#"{"retry_after": 1, "global": true}"#));
        assert!(global(&[], "<html>"));
    }

    #[test]
    fn an_answer_may_announce_that_nothing_is_left() {
        let left = |remaining| {
            used_up(&headers(&[
                ("X-RateLimit-Remaining", remaining),
                ("X-RateLimit-Reset-After", "1.25"),
            ]))
        };
        assert_eq!(left("0"), Some(Duration::from_millis(1250)));
        assert_eq!(left("3"), None);
    }

    #[test]
    fn waiting_doubles_up_to_a_bound_and_is_never_the_same() {
        let first = Duration::from_millis(100);
        for (attempt, whole) in [(1, 100), (2, 200), (4, 800), (20, 30_000), (400, 30_000)] {
            let wait = backoff(first, attempt).as_millis();
            assert!((whole / 2..=whole).contains(&wait), "{attempt}: {wait}");
        }
        let waits: Vec<Duration> = (0..8).map(|_| backoff(BACKOFF_MAX, 1)).collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }

    #[test]
    fn what_may_be_sent_again() {
        let channel_id = ChannelId::new(1);
        let messages = Route::ChannelMessages { channel_id };
        let post = |body: &str| {
            Request::new(messages, LightMethod::Post).body(Some(body.as_bytes().to_vec()))
        };
        assert!(repeatable(&Request::new(messages, LightMethod::Get)));
        assert!(!repeatable(&post(r#"{"content": "hi"}"#)));
        assert!(!repeatable(&post(r#"{"content": "hi", "nonce": "1"}"#)));
        assert!(repeatable(&post(
            r#"{"nonce": "1", "enforce_nonce": true}"#
        )));
        let typing = Route::ChannelTyping { channel_id };
        assert!(repeatable(&Request::new(typing, LightMethod::Post)));
    }
}

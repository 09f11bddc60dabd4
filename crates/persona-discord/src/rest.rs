//! Sending requests: paced, repeated where that helps, with an error for each kind of failure.

use std::{
    fmt,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::{Client, Url, header::AUTHORIZATION, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use serenity::http::Request;
use tokio::time::{Instant, sleep};

use crate::{
    config::ApiConfig,
    error::Error,
    limiter::{Key, Limiter},
    receive::{FailedAttempt, ReceivedAnswer, chain, receive},
    request_label::request_label,
    retry,
    token::Token,
};

/// Characters of Discord's message about a refusal that are kept.
const ERROR_MESSAGE_CHARACTERS: usize = 300;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Client for the API. Clones share pacing and connections.
#[derive(Clone)]
pub struct Rest(Arc<RestState>);

struct RestState {
    client: Client,
    token: Token,
    api: String,
    limiter: Limiter,
    retries: u32,
    first_backoff: Duration,
    cap: Duration,
    /// Whether the token was refused; sending it again could get the address banned.
    refused: AtomicBool,
}

impl fmt::Debug for Rest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Rest")
            .field("api", &self.0.api)
            .finish_non_exhaustive()
    }
}

/// Successful answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status of the answer, 200 to 299.
    pub status: u16,
    /// Body of the answer; empty for 204.
    pub body: Vec<u8>,
}

impl Rest {
    /// Client for the API of `config` with the bot's `token`. Nothing is sent yet.
    ///
    /// Proxies of the environment are used, except for hosts that are this machine.
    pub fn new(token: &Token, config: &ApiConfig) -> Result<Self, Error> {
        let address = |fault: String| Error::Address {
            api: config.api.clone(),
            fault,
        };
        let url = Url::parse(&config.api).map_err(|error| address(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::Address {
                api: format!("{}://…", url.scheme()),
                fault: "it holds a name or a password".to_owned(),
            });
        }
        if !["http", "https"].contains(&url.scheme()) || url.host_str().is_none() {
            return Err(address(
                "expected `https://` or `http://` and a host".to_owned(),
            ));
        }
        let timeout = config.timeout()?;
        let mut client = Client::builder()
            .connect_timeout(timeout.min(CONNECT_TIMEOUT))
            .timeout(timeout)
            // The API never redirects, and the token must not reach other hosts.
            .redirect(redirect::Policy::none());
        if is_this_machine(&url) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| address(chain(error)))?;
        Ok(Self(Arc::new(RestState {
            client,
            token: token.clone(),
            api: config.api.trim_end_matches('/').to_owned(),
            limiter: Limiter::new(
                config.spacing()?,
                Duration::from_millis(config.channel_interval_ms),
            ),
            retries: config.retries,
            first_backoff: Duration::from_millis(config.backoff_ms),
            cap: config.cap()?,
            refused: AtomicBool::new(false),
        })))
    }

    /// Base address of the API, without a slash at the end.
    pub fn api(&self) -> &str {
        &self.0.api
    }

    /// Sends a request, and repeats it until it succeeds or no repetition helps.
    ///
    /// After refusals (429), server errors (5xx), timeouts, cut answers and refused connections, the request is
    /// repeated up to `retries` times, with waits. A POST that may have been carried out is repeated only where that is
    /// safe: typing, answers to interactions, and messages with `nonce` and `enforce_nonce`.
    pub async fn fire(&self, request: Request<'_>) -> Result<Answer, Error> {
        let inner = &*self.0;
        let key = Key::of(&request);
        let mut attempts = 0;
        loop {
            let place = || request_label(&request);
            if inner.refused.load(Ordering::Relaxed) {
                return Err(Error::Unauthorised { place: place() });
            }
            inner.limiter.wait(key).await;
            attempts += 1;
            let last = attempts > inner.retries;
            let received = match inner.attempt(&request).await? {
                Ok(received) => received,
                Err(failed) if last || !(failed.unsent || retry::repeatable(&request)) => {
                    return Err(Error::Unreachable {
                        place: place(),
                        attempts,
                        reason: failed.reason,
                    });
                }
                Err(failed) => {
                    let wait = retry::backoff(inner.first_backoff, attempts);
                    tracing::debug!(
                        place = place(),
                        reason = failed.reason,
                        wait_ms = wait.as_millis(),
                        "no answer; asking again"
                    );
                    sleep(wait).await;
                    continue;
                }
            };
            match received.status {
                200..=299 => {
                    if let Some(wait) = retry::used_up(&received.headers) {
                        let wait = wait.min(inner.cap);
                        inner.limiter.block(key, Instant::now() + wait);
                    }
                    return Ok(Answer {
                        status: received.status,
                        body: received.body,
                    });
                }
                429 => inner.apply_rate_headers(key, &received, attempts, &place)?,
                status @ 500..=599 if last || !retry::repeatable(&request) => {
                    return Err(Error::Unavailable {
                        place: place(),
                        attempts,
                        status,
                    });
                }
                status @ 500..=599 => {
                    let own = retry::backoff(inner.first_backoff, attempts);
                    let told =
                        retry::retry_after(&received.headers).map(|told| told.min(inner.cap));
                    let wait = told.map_or(own, |told| told.max(own));
                    tracing::debug!(
                        place = place(),
                        status,
                        wait_ms = wait.as_millis(),
                        "the server failed; asking again"
                    );
                    sleep(wait).await;
                }
                _ => return Err(inner.refusal(place(), &received)),
            }
        }
    }

    /// Like [`fire`](Self::fire), with the answer's JSON decoded as a `T`.
    pub async fn fire_as<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        let place = request_label(&request);
        let answer = self.fire(request).await?;
        serde_json::from_slice(&answer.body).map_err(|error| Error::Answer {
            place,
            reason: self.0.token.scrub(&error.to_string()),
        })
    }
}

impl RestState {
    /// Sends the request once. The outer error is one that no repetition can mend.
    async fn attempt(
        &self,
        request: &Request<'_>,
    ) -> Result<Result<ReceivedAnswer, FailedAttempt>, Error> {
        let unfit = |reason: String| Error::Request {
            place: request_label(request),
            reason,
        };
        let mut request = request
            .clone()
            .build(&self.client, &self.token.header(), Some(&self.api))
            .map_err(|error| unfit(error.to_string()))?
            .build()
            .map_err(|error| unfit(chain(error)))?;
        if let Some(value) = request.headers_mut().get_mut(AUTHORIZATION) {
            value.set_sensitive(true);
        }
        let failed = |error: reqwest::Error| FailedAttempt {
            unsent: error.is_connect(),
            reason: self.token.scrub(&chain(error)),
        };
        Ok(match self.client.execute(request).await {
            Ok(response) => receive(response).await.map_err(|reason| FailedAttempt {
                reason: self.token.scrub(&reason),
                unsent: false,
            }),
            Err(error) => Err(failed(error)),
        })
    }

    /// Applies the headers of a 429: blocks this bucket, or all.
    fn apply_rate_headers(
        &self,
        key: Key,
        received: &ReceivedAnswer,
        attempts: u32,
        place: &dyn Fn() -> String,
    ) -> Result<(), Error> {
        let pause = retry::pause(&received.headers, &received.body);
        let wait = pause
            .wait
            .unwrap_or_else(|| retry::backoff(self.first_backoff, attempts));
        if wait > self.cap || attempts > self.retries {
            return Err(Error::RateLimited {
                place: place(),
                wait,
                cap: self.cap,
            });
        }
        tracing::debug!(
            place = place(),
            wait_ms = wait.as_millis(),
            global = pause.global,
            "told to wait"
        );
        let until = Instant::now() + wait;
        if pause.global {
            self.limiter.block_all(until);
        } else {
            self.limiter.block(key, until);
        }
        Ok(())
    }

    /// Error for a status that no repetition can mend.
    fn refusal(&self, place: String, received: &ReceivedAnswer) -> Error {
        let (code, message) = self.error_message(&received.body);
        match received.status {
            401 => {
                self.refused.store(true, Ordering::Relaxed);
                Error::Unauthorised { place }
            }
            403 => Error::Forbidden {
                place,
                code,
                message,
            },
            404 => Error::NotFound {
                place,
                code,
                message,
            },
            status => Error::Refused {
                place,
                status,
                code,
                message,
            },
        }
    }

    /// Discord's error code and message, or the beginning of the body.
    fn error_message(&self, body: &[u8]) -> (u64, String) {
        #[derive(Deserialize)]
        struct ErrorBody {
            #[serde(default)]
            code: u64,
            message: String,
            errors: Option<serde_json::Value>,
        }
        let (code, text) = match serde_json::from_slice::<ErrorBody>(body) {
            Ok(error) => {
                let mut text = error.message;
                if let Some(errors) = error.errors {
                    let _ = write!(text, " {errors}");
                }
                (error.code, text)
            }
            Err(_) => (0, String::from_utf8_lossy(body).trim().to_owned()),
        };
        let text: String = self
            .token
            .scrub(&text)
            .chars()
            .take(ERROR_MESSAGE_CHARACTERS)
            .collect();
        if text.is_empty() {
            return (code, "nothing was said".to_owned());
        }
        (code, text)
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Url, is_this_machine};

    #[test]
    fn proxies_are_not_asked_for_this_machine() {
        for (api, this) in [
            ("http://127.0.0.1:8080", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:80", true),
            ("http://localhost:80/prefix", true),
            ("https://discord.com", false),
            ("http://localhost.example.org", false),
        ] {
            assert_eq!(is_this_machine(&Url::parse(api).unwrap()), this, "{api}");
        }
    }
}

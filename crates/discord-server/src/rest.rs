//! Handling of REST requests.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, Method, Response, StatusCode, Uri},
};
use serde_json::{Value, json};

use crate::{
    faults::{Fault, TooMany},
    listener::ConnectionCutter,
    record::Request,
    schema::{Operation, description},
    state::ServerState,
};

mod answer;
mod channels;
mod commands;
pub(crate) mod gaps;
mod history;
mod interactions;
mod messages;
mod reactions;
mod routes;
mod users;

pub(crate) use answer::{Answer, error};

/// Path of the API's base.
pub(crate) const BASE: &str = "/api/v10";

/// Request and server state, as a handler receives them.
pub(crate) struct Call<'a> {
    pub(crate) values: &'a BTreeMap<String, String>,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: Option<&'a Value>,
}

impl Call<'_> {
    /// Snowflake in the path.
    pub(crate) fn id(&self, name: &str) -> u64 {
        self.values
            .get(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0)
    }

    /// Text in the path, decoded.
    pub(crate) fn text(&self, name: &str) -> String {
        let raw = self.values.get(name).map_or("", String::as_str);
        percent_decode(raw, false)
    }

    /// Value of the query's parameter `name`.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let mut values = self.query.iter();
        values
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Value of the query's parameter `name`, as a number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.query(name).and_then(|text| text.parse().ok())
    }
}

/// Complete incoming request.
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Locks the state, also after a panic of a test: it is never left half changed.
pub(crate) fn lock(state: &Mutex<ServerState>) -> MutexGuard<'_, ServerState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers a request, with the faults that are due.
pub(crate) async fn serve(
    state: Arc<Mutex<ServerState>>,
    cutter: ConnectionCutter,
    incoming: Incoming,
) -> Response<Body> {
    let (response, delay) = {
        let mut state = lock(&state);
        respond(&mut state, &cutter, &incoming)
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    response
}

fn respond(
    state: &mut ServerState,
    cutter: &ConnectionCutter,
    incoming: &Incoming,
) -> (Response<Body>, Duration) {
    let method = incoming.method.as_str();
    let path = incoming
        .uri
        .path()
        .strip_prefix(BASE)
        .unwrap_or(incoming.uri.path());
    let query = decode_query(incoming.uri.query().unwrap_or_default());
    let (body, body_error) = decode_body(&incoming.body);
    let found = description().find(method, path);
    let operation = found.as_ref().map(|(operation, _)| *operation);
    let fault = state.faults.take(method, path);
    let mut record = Request {
        at: Instant::now(),
        method: method.to_owned(),
        path: path.to_owned(),
        operation: operation
            .map(|operation| operation.template.clone())
            .unwrap_or_default(),
        query,
        body,
        status: 0,
        fault: fault.as_ref().map(|fault| format!("{fault:?}")),
        answered: true,
        messages: Vec::new(),
    };
    let mut errors = body_error;
    if !incoming.uri.path().starts_with(BASE) {
        errors.push(format!("path does not begin with `{BASE}`"));
    }
    match &found {
        Some((operation, values)) => {
            let body = record.body.as_ref().map(gaps::request);
            errors.extend(operation.request_errors(values, &record.query, body.as_ref()));
        }
        None => errors.push("no such operation in Discord's description".to_owned()),
    }
    for error in &errors {
        state
            .violations
            .push(format!("request: {method} {path}: {error}"));
    }
    let before_work = match &fault {
        Some(Fault::TooMany(too_many)) => Some(answer::too_many(too_many)),
        Some(Fault::Status(status)) => Some(answer::broken(*status)),
        Some(Fault::Cut) => Some(Answer::empty(204)),
        _ => refusal(state, &record, &incoming.headers),
    };
    let answer = match (before_work, &found) {
        (Some(answer), _) => answer,
        (None, None) => error(404, 0, "404: Not Found"),
        (None, Some(_)) if !errors.is_empty() => error(400, 50_035, "Invalid Form Body"),
        (None, Some((operation, values))) => {
            let call = Call {
                values,
                query: &record.query,
                body: record.body.as_ref(),
            };
            routes::route(state, operation, &call)
        }
    };
    if !matches!(fault, Some(Fault::TooMany(_) | Fault::Cut)) {
        check(state, operation, &record, &answer);
    }
    record.status = answer.status;
    record.messages.clone_from(&answer.messages);
    let mut response = answer.into_response(state, &record);
    let mut delay = Duration::ZERO;
    match fault {
        Some(Fault::Slow(time)) => delay = time,
        Some(Fault::Cut | Fault::CutAfter) => {
            cutter.cut_after(0);
            (record.answered, record.status) = (false, 0);
        }
        Some(Fault::CutBody) => {
            // The head is some hundred bytes long, so that the cut falls into the body, or into the head of an empty
            // answer.
            let length = answer::length(&response);
            cutter.cut_after(if length > 1000 { length / 2 } else { 90 });
            record.answered = false;
        }
        Some(Fault::Garbled) => {
            *response.body_mut() = Body::from("<html>not what you asked for</html>");
            response.headers_mut().remove("content-length");
            record.answered = false;
        }
        _ => {}
    }
    state.requests.push(record);
    (response, delay)
}

/// Answer that refuses a request before it is read, if one is due.
fn refusal(state: &mut ServerState, record: &Request, headers: &HeaderMap) -> Option<Answer> {
    let given = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    // Interactions and webhooks have their tokens in the path.
    let open = record.path == "/gateway"
        || record.path.starts_with("/interactions/")
        || record.path.starts_with("/webhooks/");
    let known = given == format!("Bot {}", state.world.token);
    if state.faults.refuse_token || (!open && !known) {
        return Some(error(401, 0, "401: Unauthorized"));
    }
    let channel = record.channel()?;
    if let Some(status) = state.faults.channels.get(&channel) {
        return Some(match status {
            403 => error(403, 50_001, "Missing Access"),
            404 => error(404, 10_003, "Unknown Channel"),
            status => answer::broken(*status),
        });
    }
    let (limit, window) = state.faults.limit?;
    let recent = state.recent.entry(channel).or_default();
    while recent
        .front()
        .is_some_and(|first| record.at.duration_since(*first) >= window)
    {
        recent.pop_front();
    }
    if recent.len() >= limit as usize {
        let wait = window.saturating_sub(record.at.duration_since(recent[0]));
        return Some(answer::too_many(&TooMany::seconds(wait.as_secs_f64())));
    }
    recent.push_back(record.at);
    None
}

/// Checks the answer against Discord's description.
fn check(
    state: &mut ServerState,
    operation: Option<&Operation>,
    record: &Request,
    answer: &Answer,
) {
    let Some(operation) = operation else { return };
    // The messages of a page were checked one by one.
    let errors = if answer.page {
        Vec::new()
    } else {
        operation.answer_errors(answer.status, answer.described().as_ref())
    };
    for error in errors {
        let place = format!("{} {}", record.method, record.path);
        state
            .violations
            .push(format!("answer: {place}: {} {error}", answer.status));
    }
}

fn decode_body(bytes: &Bytes) -> (Option<Value>, Vec<String>) {
    if bytes.is_empty() {
        return (None, Vec::new());
    }
    match serde_json::from_slice(bytes) {
        Ok(body) => (Some(body), Vec::new()),
        Err(error) => (
            Some(json!(String::from_utf8_lossy(bytes))),
            vec![format!("body is no JSON: {error}")],
        ),
    }
}

fn decode_query(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(name, true), percent_decode(value, true))
        })
        .collect()
}

/// Decodes percent encoding; in a query a plus sign is a space.
fn percent_decode(text: &str, plus: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = hex {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(if plus && *first == b'+' { b' ' } else { *first });
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Status code as axum's type.
fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

//! Answers to requests.

use axum::{
    body::Body,
    http::{HeaderValue, Response},
};
use serde_json::{Value, json};

use super::{gaps, status};
use crate::{faults::TooMany, record::Request, state::ServerState};

/// Answer before it is sent.
pub(crate) struct Answer {
    pub(crate) status: u16,
    json: Option<Value>,
    /// Text of the body, if it is not `json`.
    text: String,
    content_type: &'static str,
    headers: Vec<(&'static str, String)>,
    /// Whether the text is a list of messages, which were checked when they were rendered.
    pub(crate) page: bool,
    pub(crate) messages: Vec<u64>,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            json: None,
            text: String::new(),
            content_type: "application/json",
            headers: Vec::new(),
            page: false,
            messages: Vec::new(),
        }
    }

    /// An answer with status 200.
    pub(crate) fn json(value: Value) -> Self {
        Self {
            json: Some(value),
            ..Self::empty(200)
        }
    }

    /// A page of messages.
    pub(crate) fn page(text: String, messages: Vec<u64>) -> Self {
        Self {
            text,
            page: true,
            messages,
            ..Self::empty(200)
        }
    }

    /// Body in the form of Discord's description.
    pub(crate) fn described(&self) -> Option<Value> {
        self.json.clone().map(gaps::answer)
    }

    pub(crate) fn into_response(self, state: &ServerState, record: &Request) -> Response<Body> {
        let text = self.json.map_or(self.text, |value| value.to_string());
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status(self.status);
        let headers = response.headers_mut();
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        if self.status != 204 {
            set("content-type", self.content_type);
            set("content-length", &text.len().to_string());
        }
        for (name, value) in limits(state, record) {
            set(name, &value);
        }
        for (name, value) in self.headers {
            set(name, &value);
        }
        if self.status != 204 {
            *response.body_mut() = Body::from(text);
        }
        response
    }
}

/// Length of a response's body, in bytes.
pub(crate) fn length(response: &Response<Body>) -> usize {
    let length = response.headers().get("content-length");
    let text = length.and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Rate-limit headers of a history answer, as Discord really sends them: there is always room left, until there is
/// none.
fn limits(state: &ServerState, record: &Request) -> [(&'static str, String); 5] {
    let (limit, left, after) = match state.faults.limit {
        Some((limit, window)) => {
            let used = record
                .channel()
                .and_then(|channel| state.recent.get(&channel));
            let used = used.map_or(0, std::collections::VecDeque::len) as u32;
            (limit, limit.saturating_sub(used), window.as_secs_f64())
        }
        None => (1000, 999, 1.0),
    };
    let reset = crate::ids::now_ms() as f64 / 1000.0 + after;
    [
        ("x-ratelimit-limit", limit.to_string()),
        ("x-ratelimit-remaining", left.to_string()),
        ("x-ratelimit-reset", format!("{reset:.3}")),
        ("x-ratelimit-reset-after", format!("{after:.3}")),
        ("x-ratelimit-bucket", "0123456789abcdef".to_owned()),
    ]
}

/// Error answer in Discord's form.
pub(crate) fn error(status: u16, code: u32, message: &str) -> Answer {
    Answer {
        json: Some(json!({"code": code, "message": message})),
        ..Answer::empty(status)
    }
}

/// Body of a 5xx answer, as a proxy before Discord writes it.
pub(super) fn broken(status: u16) -> Answer {
    Answer {
        text: format!("<html><head><title>{status}</title></head><body>cloudflare</body></html>"),
        content_type: "text/html",
        ..Answer::empty(status)
    }
}

/// Answer with status 429 in the planned form.
pub(super) fn too_many(too_many: &TooMany) -> Answer {
    let mut answer = Answer::empty(429);
    if let Some(retry_after) = &too_many.body {
        answer.json = Some(json!({
            "code": 0,
            "message": "You are being rate limited.",
            "retry_after": retry_after,
            "global": too_many.global,
        }));
    } else {
        "error code: 1015".clone_into(&mut answer.text);
        answer.content_type = "text/plain";
    }
    if let Some(header) = &too_many.header {
        answer.headers.push(("retry-after", header.clone()));
    }
    if too_many.global {
        answer
            .headers
            .push(("x-ratelimit-global", "true".to_owned()));
    }
    let scope = if too_many.global { "global" } else { "user" };
    answer.headers.push(("x-ratelimit-scope", scope.to_owned()));
    answer
        .headers
        .push(("x-ratelimit-remaining", "0".to_owned()));
    answer
}

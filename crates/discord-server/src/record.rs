//! Recorded requests and their answers.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Request with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Time at which the request arrived.
    pub at: Instant,
    /// Method, such as `GET`.
    pub method: String,
    /// Path below `/api/v10`.
    pub path: String,
    /// Path with the placeholders of Discord's description; empty if the description has no such path.
    pub operation: String,
    /// Query, decoded.
    pub query: Vec<(String, String)>,
    /// Body of the request.
    pub body: Option<Value>,
    /// Status of the answer; 0 if the connection was cut without one.
    pub status: u16,
    /// Fault that was made, if any.
    pub fault: Option<String>,
    /// Whether the whole answer was sent.
    pub answered: bool,
    /// Ids of the messages of a page, newest first.
    pub messages: Vec<u64>,
}

impl Request {
    /// Value of the query's parameter `name`.
    pub fn query(&self, name: &str) -> Option<&str> {
        let mut values = self.query.iter();
        values
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Channel in the path.
    pub fn channel(&self) -> Option<u64> {
        let rest = self.path.strip_prefix("/channels/")?;
        rest.split('/').next()?.parse().ok()
    }

    /// Whether the request asks for a page of a channel's history.
    pub fn is_page(&self) -> bool {
        self.method == "GET" && self.operation == "/channels/{channel_id}/messages"
    }
}

/// Largest number of requests in any time span of `window`.
pub fn busiest(requests: &[Request], window: Duration) -> usize {
    let mut first = 0;
    let mut most = 0;
    for (last, request) in requests.iter().enumerate() {
        while request.at.duration_since(requests[first].at) >= window {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

/// Number of times each message was sent in whole pages.
pub fn served(requests: &[Request]) -> BTreeMap<u64, u32> {
    let mut times = BTreeMap::new();
    for request in requests
        .iter()
        .filter(|request| request.is_page() && request.answered)
    {
        for message in &request.messages {
            *times.entry(*message).or_default() += 1;
        }
    }
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_second() {
        let start = Instant::now();
        let request = |ms| Request {
            at: start + Duration::from_millis(ms),
            method: "GET".to_owned(),
            path: "/channels/12/messages".to_owned(),
            operation: "/channels/{channel_id}/messages".to_owned(),
            query: vec![("after".to_owned(), "0".to_owned())],
            body: None,
            status: 200,
            fault: None,
            answered: true,
            messages: vec![7, 5],
        };
        let requests: Vec<Request> = [0, 500, 999, 1000, 1400, 1450, 1498].map(request).into();
        assert_eq!(busiest(&requests, Duration::from_secs(1)), 6);
        assert_eq!(requests[0].channel(), Some(12));
        assert_eq!(requests[0].query("after"), Some("0"));
        assert_eq!(served(&requests[..2]), BTreeMap::from([(5, 2), (7, 2)]));
    }
}

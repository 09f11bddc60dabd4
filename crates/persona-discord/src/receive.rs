//! Receiving answers, complete or cut.

use std::{error::Error as _, fmt::Write as _};

use reqwest::{Response, header::HeaderMap};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Result of a successful attempt.
pub(crate) struct ReceivedAnswer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Result of a failed attempt.
pub(crate) struct FailedAttempt {
    pub(crate) reason: String,
    /// Whether the request certainly did not arrive.
    pub(crate) unsent: bool,
}

/// Reads an answer to its end. A body that ends too early is an error.
pub(crate) async fn receive(mut response: Response) -> Result<ReceivedAnswer, String> {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(chain)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(format!("the answer has more than {ANSWER_BYTES_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    if is_cut(&body) {
        return Err(format!("the answer breaks off after {} bytes", body.len()));
    }
    Ok(ReceivedAnswer {
        status,
        headers,
        body,
    })
}

/// Whether a JSON object or list lacks its end: without an announced length, a cut connection looks like the end of the
/// body.
fn is_cut(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    match body.first() {
        Some(b'{') => !body.ends_with(b"}"),
        Some(b'[') => !body.ends_with(b"]"),
        _ => false,
    }
}

/// Text of an error with its causes, without the address, which may hold secrets.
pub(crate) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::is_cut;

    #[test]
    fn bodies_without_their_end() {
        for (body, cut) in [
            ("", false),
            ("[]", false),
            (" {\"a\": 1}\n", false),
            ("[{\"a\": 1}", true),
            ("{\"a\": [1]", true),
            ("error code: 1015", false),
        ] {
            assert_eq!(is_cut(body.as_bytes()), cut, "{body}");
        }
    }
}

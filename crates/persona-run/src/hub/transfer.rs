//! Requests for files. The token goes to the hub alone: the stores it redirects to are given addresses that are signed.

use std::{io::Read, time::Duration};

use ureq::{
    Agent, Body,
    http::{HeaderMap, Response, Uri, header},
};

/// Most redirects from the hub to the content.
const REDIRECTS_MAX: usize = 5;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Time to wait for the beginning of an answer; its body may take any time.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// Error of a request for a file.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// No answer, or one that was cut.
    #[error(transparent)]
    Http(#[from] ureq::Error),
    /// The connection broke, or the disk is full.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// An answer without content.
    #[error("http status {0}")]
    Status(u16),
    /// The answer lacks what the hub's protocol promises.
    #[error("the answer has no usable `{0}` header")]
    Header(&'static str),
    /// Redirects that lead nowhere.
    #[error("more than {REDIRECTS_MAX} redirects")]
    Redirects,
}

/// Facts about a file, from the hub's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Etag: files of the same content have the same one.
    pub(super) etag: String,
    /// Commit that the file was taken from.
    pub(super) commit: String,
    /// Size of the whole file in bytes.
    pub(super) size: u64,
}

/// HTTP client for one hub.
#[derive(Clone, Debug)]
pub(super) struct Client {
    agent: Agent,
    hub: Uri,
    token: Option<String>,
}

impl Client {
    /// Client for the hub that `url` is any address of; `token` goes to its host and nowhere else.
    pub(super) fn new(url: &str, token: Option<String>) -> Result<Self, TransferError> {
        let config = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_recv_response(Some(ANSWER_TIMEOUT));
        Ok(Self {
            agent: config.build().into(),
            hub: parse(url)?,
            token,
        })
    }

    /// Requests the facts about `url`. The first byte of the content comes along: not every store answers a HEAD of a signed
    /// address.
    pub(super) fn facts(&self, url: &str) -> Result<Facts, TransferError> {
        let (hops, response) = self.get(url, "bytes=0-0")?;
        // The hub speaks before the store that it redirects to.
        let told = |name| hops.iter().find_map(|headers| text(headers, name));
        let named = |value: Option<&str>, name| {
            let value = value.map(|value| value.trim_start_matches("W/").trim_matches('"'));
            value
                .filter(|value| is_name(value))
                .map(str::to_owned)
                .ok_or(TransferError::Header(name))
        };
        let size = text(response.headers(), "content-range")
            .and_then(|range| range.rsplit('/').next()?.parse().ok())
            .ok_or(TransferError::Header("content-range"))?;
        Ok(Facts {
            etag: named(told("x-linked-etag").or_else(|| told("etag")), "etag")?,
            commit: named(told("x-repo-commit"), "x-repo-commit")?,
            size,
        })
    }

    /// Requests the content of `url` from byte `from` on. Returns also the byte at which it really begins: a server may ignore
    /// ranges.
    pub(super) fn content(
        &self,
        url: &str,
        from: u64,
    ) -> Result<(u64, impl Read + use<>), TransferError> {
        let (_, response) = self.get(url, &format!("bytes={from}-"))?;
        let begins = if response.status().as_u16() == 206 {
            text(response.headers(), "content-range")
                .and_then(|range| {
                    range
                        .strip_prefix("bytes ")?
                        .split('-')
                        .next()?
                        .parse()
                        .ok()
                })
                .ok_or(TransferError::Header("content-range"))?
        } else {
            0
        };
        // What begins later would leave a gap.
        if begins > from {
            return Err(TransferError::Header("content-range"));
        }
        Ok((begins, response.into_body().into_reader()))
    }

    /// Follows redirects. Returns the headers of every answer, those of the hub first.
    fn get(
        &self,
        url: &str,
        range: &str,
    ) -> Result<(Vec<HeaderMap>, Response<Body>), TransferError> {
        let mut url = parse(url)?;
        let mut hops = Vec::new();
        for _ in 0..=REDIRECTS_MAX {
            let mut request = self.agent.get(&url).header(header::RANGE, range);
            if let Some(token) = self.token.as_ref().filter(|_| self.is_hub(&url)) {
                request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            }
            let response = request.call()?;
            hops.push(response.headers().clone());
            let status = response.status();
            if status.is_success() {
                return Ok((hops, response));
            }
            if !status.is_redirection() {
                return Err(TransferError::Status(status.as_u16()));
            }
            let location =
                text(response.headers(), "location").ok_or(TransferError::Header("location"))?;
            url = resolve(&url, location)?;
        }
        Err(TransferError::Redirects)
    }

    fn is_hub(&self, url: &Uri) -> bool {
        url.scheme() == self.hub.scheme() && url.authority() == self.hub.authority()
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether an etag or commit is safe as the name of a file.
fn is_name(text: &str) -> bool {
    let allowed = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_');
    !text.is_empty() && text.chars().all(allowed)
}

fn parse(url: &str) -> Result<Uri, TransferError> {
    url.parse()
        .map_err(|_| ureq::Error::BadUri(url.to_owned()).into())
}

/// Resolves `location`, a header in the answer of `base`.
fn resolve(base: &Uri, location: &str) -> Result<Uri, TransferError> {
    let uri = parse(location)?;
    if uri.authority().is_some() && uri.scheme().is_some() {
        return Ok(uri);
    }
    let mut parts = base.clone().into_parts();
    parts.path_and_query = uri.into_parts().path_and_query;
    Uri::from_parts(parts).map_err(|_| ureq::Error::BadUri(location.to_owned()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_locations_stay_on_the_host() {
        let base = parse("https://hub.example/a/b?c=1").unwrap();
        let resolved = |location| resolve(&base, location).map(|uri| uri.to_string());
        assert_eq!(resolved("/x?y=2").unwrap(), "https://hub.example/x?y=2");
        assert_eq!(
            resolved("https://cdn.example/x").unwrap(),
            "https://cdn.example/x"
        );
        assert!(resolved("").is_err());
    }

    #[test]
    fn only_the_same_origin_is_the_hub() {
        let client = Client::new("https://hub.example/api", Some("t".to_owned())).unwrap();
        let is_hub = |url| client.is_hub(&parse(url).unwrap());
        assert!(is_hub("https://hub.example/other"));
        for stranger in [
            "http://hub.example/other",
            "https://hub.example:8443/other",
            "https://cdn.hub.example/other",
            "https://hub.example.evil.example/",
        ] {
            assert!(!is_hub(stranger), "{stranger}");
        }
    }

    #[test]
    fn names_of_files_have_no_paths_in_them() {
        assert!(is_name("6f9c8bc5-4_2"));
        for wrong in ["", "..", "../x", "a/b", "a\\b", "a b"] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
    }
}

//! Bot token, which cannot be printed.

use std::fmt;

use crate::error::Error;

/// Bot token of a valid shape. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Token(…)")
    }
}

impl Token {
    /// Checks the shape of a token: three parts of letters, digits, `-` and `_`, with dots between them. A leading `Bot ` is dropped.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "whoever makes a token of a text has no more use for the text"
    )]
    pub fn new(text: String) -> Result<Self, Error> {
        let text = text.trim();
        let text = text.strip_prefix("Bot ").unwrap_or(text).trim();
        match fault(text) {
            Some(fault) => Err(Error::Token { fault }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Value of the `Authorization` header.
    pub(crate) fn header(&self) -> String {
        format!("Bot {}", self.0)
    }

    /// `text` with the token replaced: servers and proxies may repeat what they were sent.
    pub(crate) fn scrub(&self, text: &str) -> String {
        text.replace(&self.0, "[token]")
    }

    /// Text of the token, for a gateway connection. It must never be printed, stored or put into an error.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Description of the fault in a token, without showing any of it.
fn fault(text: &str) -> Option<&'static str> {
    let plain = |part: &str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte))
    };
    let parts: Vec<&str> = text.split('.').collect();
    if text.is_empty() {
        Some("is empty")
    } else if !parts.iter().all(|part| plain(part)) {
        Some("holds a character that no token has")
    } else if parts.len() == 3 && parts.iter().all(|part| !part.is_empty()) {
        None
    } else if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Some("is a number: the application's id, not its bot's token")
    } else if parts.len() == 1 && text.len() == 64 {
        Some("is the application's public key, not its bot's token")
    } else if parts.len() == 1 && text.len() == 32 {
        Some("is the application's client secret, not its bot's token")
    } else {
        Some("does not have three parts with dots between them")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    const GOOD: &str = "MTAwMDAwMDAwMDAwMDAwMDAw.GabcdE.abc-def_ghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn tokens_as_people_paste_them() {
        for text in [
            GOOD.to_owned(),
            format!("Bot {GOOD}"),
            format!("  {GOOD}\n"),
        ] {
            assert_eq!(Token::new(text).unwrap().header(), format!("Bot {GOOD}"));
        }
    }

    #[test]
    fn what_is_no_token_is_named_and_not_shown() {
        for (text, fault) in [
            ("", "is empty"),
            ("verysecret", "does not have three parts"),
            ("very.secret", "does not have three parts"),
            ("very..secret", "does not have three parts"),
            ("ve ry.sec.ret", "a character that no token has"),
            ("\"ve.ry.secret\"", "a character that no token has"),
            ("1174000000000000000", "the application's id"),
            (
                "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
                "public key",
            ),
            ("abcdefghijklmnopqrstuvwxyz012345", "client secret"),
        ] {
            let error = Token::new(text.to_owned()).unwrap_err();
            let said = format!("{error} {error:?}");
            assert!(said.contains(fault), "{text}: {said}");
            assert!(text.is_empty() || !said.contains(text), "{said}");
        }
    }

    #[test]
    fn neither_debug_output_nor_a_repeated_text_shows_it() {
        let token = Token::new(GOOD.to_owned()).unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(token.scrub(&format!("not Bot {GOOD}!")), "not Bot [token]!");
    }
}

//! Errors on a terminal.

use std::{
    error::Error,
    fmt::Write,
    io::{self, IsTerminal},
};

/// Whether output to stderr is coloured: on a terminal, unless `NO_COLOR` is set.
pub fn colours_stderr() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Error with its causes, outermost first, and the hint, each on a line of its own.
pub fn render_error<'a>(
    chain: impl IntoIterator<Item = &'a (dyn Error + 'static)>,
    hint: Option<&str>,
    colour: bool,
) -> String {
    let mut text = String::new();
    let mut line = |label: &str, code: u8, message: &str| {
        let _ = if colour {
            writeln!(text, "\x1b[1;{code}m{label}\x1b[0m {message}")
        } else {
            writeln!(text, "{label} {message}")
        };
    };
    let mut said: Option<String> = None;
    for cause in chain {
        let message = cause.to_string();
        match &said {
            None => line("error:", 31, &message),
            // Transparent wrappers repeat what they wrap, and some libraries put a code before it.
            Some(said) if said.contains(&message) || message.contains(said) => {}
            Some(_) => line("caused by:", 33, &message),
        }
        said = Some(message);
    }
    if let Some(hint) = hint {
        line("hint:", 36, hint);
    }
    text
}

/// A number of bytes for people: `2.90 GiB`.
pub fn binary_bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64;
    for unit in ["KiB", "MiB", "GiB"] {
        size /= 1024.0;
        if size < 1024.0 {
            return format!("{size:.2} {unit}");
        }
    }
    format!("{:.2} TiB", size / 1024.0)
}

/// A number for people: `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileError;

    #[test]
    fn causes_are_shown_once_and_the_hint_last() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot build the dataset")]
        struct Outer(#[source] FileError);
        #[derive(Debug, thiserror::Error)]
        #[error(transparent)]
        struct Transparent(Outer);
        let missing = std::fs::read("/no/such/file").unwrap_err();
        let error = Transparent(Outer(FileError::Read {
            path: "/no/such/file".into(),
            source: missing,
        }));
        let chain = std::iter::successors(Some(&error as &(dyn Error + 'static)), |error| {
            (*error).source()
        });
        let text = render_error(chain, Some("check the path"), false);
        assert_eq!(
            text,
            "error: cannot build the dataset\n\
             caused by: cannot read `/no/such/file`\n\
             caused by: No such file or directory (os error 2)\n\
             hint: check the path\n"
        );
    }

    #[test]
    fn sizes_and_numbers_read_well() {
        assert_eq!(binary_bytes(1023), "1023 B");
        assert_eq!(binary_bytes(1536), "1.50 KiB");
        assert_eq!(binary_bytes(3 << 41), "6.00 TiB");
        assert_eq!(
            (thousands(7), thousands(1_234_567)),
            ("7".to_owned(), "1,234,567".to_owned())
        );
        assert_eq!(thousands(123_456), "123,456");
    }
}

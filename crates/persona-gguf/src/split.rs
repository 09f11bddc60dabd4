//! Models that are split over several files.

use std::path::Path;

use crate::header::Header;

/// One part of a split model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Number of this part, from 1.
    pub number: u64,
    /// Number of parts, at least 2.
    pub of: u64,
}

impl Part {
    /// Part that the file at `path` is, by its keys `split.no` and `split.count`, or else by a name that ends like
    /// `-00001-of-00003.gguf`. `None` for a whole model.
    pub fn of(header: &Header, path: &Path) -> Option<Self> {
        let number = |key: &str| header.value(key).and_then(crate::Value::as_u64);
        let part = match number("split.count") {
            Some(of) => Self {
                number: number("split.no").unwrap_or(0).saturating_add(1),
                of,
            },
            None => by_name(path)?,
        };
        (part.of > 1).then_some(part)
    }
}

fn by_name(path: &Path) -> Option<Part> {
    let stem = path.file_stem()?.to_str()?;
    let (rest, of) = stem.rsplit_once("-of-")?;
    let (_, number) = rest.rsplit_once('-')?;
    let digits = |text: &str| {
        let plain = text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    Some(Part {
        number: digits(number)?,
        of: digits(of)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_name_where_no_key_says_so() {
        let part = |name: &str| by_name(Path::new(name)).map(|part| (part.number, part.of));
        assert_eq!(part("a/model-00002-of-00003.gguf"), Some((2, 3)));
        for whole in [
            "model.gguf",
            "one-of-two.gguf",
            "model-1-of-2.gguf",
            "-of-00002.gguf",
        ] {
            assert_eq!(part(whole), None, "{whole}");
        }
    }
}

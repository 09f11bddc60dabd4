//! A first look at what is to be read, before anything is: whether it can be an export at all.

use std::{fs::File, io::Read, path::Path};

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZIP: &[u8] = b"PK";

/// Why what lies at `path` cannot be read as an export, to follow its name; `None` where it may be one.
pub fn not_an_export(path: &Path) -> Option<String> {
    if !path.is_dir() {
        return unlike(path);
    }
    let mut reasons = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).ok()?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                reasons.push(unlike(&path)?);
            }
        }
    }
    let html = reasons.into_iter().find(|reason| reason.contains("HTML"));
    Some(match html {
        Some(_) => "holds HTML pages and no JSON: export again with the format JSON".to_owned(),
        None => "holds no export: neither JSON nor an archive".to_owned(),
    })
}

fn unlike(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut bytes));
    if read.is_err() || bytes.starts_with(GZIP) || bytes.starts_with(ZIP) {
        return None;
    }
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') => None,
        Some(b'<') => Some("is an HTML page: export again with the format JSON".to_owned()),
        _ if bytes.starts_with(b"GGUF") => Some("is a model in GGUF".to_owned()),
        _ => Some("is neither JSON nor an archive".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use persona_core::atomic;

    use super::*;

    #[test]
    fn what_can_be_no_export_is_told_from_what_may_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let said = |name: &str, text: &str| {
            let path = folder.path().join(name);
            atomic::write(&path, text).unwrap();
            not_an_export(&path)
        };
        assert_eq!(
            said("a/page.html", "<!DOCTYPE html>").unwrap(),
            "is an HTML page: export again with the format JSON"
        );
        assert_eq!(
            said("b/README.md", "# Read me").unwrap(),
            "is neither JSON nor an archive"
        );
        assert_eq!(
            said("b/model.gguf", "GGUF\u{3}").unwrap(),
            "is a model in GGUF"
        );
        assert!(
            not_an_export(&folder.path().join("a"))
                .unwrap()
                .contains("HTML pages")
        );
        assert!(
            not_an_export(&folder.path().join("b"))
                .unwrap()
                .contains("no export")
        );
        assert_eq!(said("c/deep/general.json", " \n{}"), None);
        assert_eq!(said("c/package.zip", "PK\u{3}"), None);
        assert_eq!(not_an_export(folder.path()), None);
    }
}

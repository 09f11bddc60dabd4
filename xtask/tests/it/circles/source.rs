//! Rust source as words, as far as imports need them.

use std::collections::{BTreeMap, BTreeSet};

/// Words and signs of `text`, without comments, literals and what is compiled for tests only.
/// `::` is one sign; all others are single characters.
pub(crate) fn words(text: &str) -> Vec<String> {
    without_tests(&lex(text))
}

fn lex(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = string(rest) {
            length
        } else if first == '\'' {
            character_or_lifetime(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let length = word(rest);
            found.push(rest[..length].trim_start_matches("r#").to_owned());
            length
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                found.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    found
}

fn word(text: &str) -> usize {
    let start = if text.starts_with("r#") { 2 } else { 0 };
    text[start..]
        .find(|character: char| !(character.is_alphanumeric() || character == '_'))
        .map_or(text.len(), |end| start + end)
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of the string literal that `text` begins with.
fn string(text: &str) -> Option<usize> {
    let prefix = text.find(|character: char| !matches!(character, 'r' | 'b' | 'c'))?;
    let body = &text[prefix..];
    let hashes = body.len() - body.trim_start_matches('#').len();
    if text[..prefix].ends_with('r') && body[hashes..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        let from = prefix + hashes + 1;
        return Some(
            text[from..]
                .find(&end)
                .map_or(text.len(), |at| from + at + end.len()),
        );
    }
    if prefix > 2 || !body.starts_with('"') {
        return None;
    }
    let mut escaped = false;
    for (at, character) in body.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

fn character_or_lifetime(text: &str) -> usize {
    let mut rest = text.char_indices().skip(1);
    match rest.next() {
        Some((_, '\\')) => text[3..].find('\'').map_or(text.len(), |at| 3 + at + 1),
        Some(_) => match rest.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// Leaves out every item behind `#[cfg(test)]`.
fn without_tests(words: &[String]) -> Vec<String> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if words[at..].iter().take(mark.len()).eq(mark.iter()) {
            at = item_end(words, at + mark.len());
        } else {
            kept.push(words[at].clone());
            at += 1;
        }
    }
    kept
}

/// The place behind the item at `at`: behind its `;` or its last brace.
fn item_end(words: &[String], mut at: usize) -> usize {
    let mut depth = 0;
    while at < words.len() {
        match words[at].as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth -= 1;
                if depth == 0 && words[at] == "}" {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// What a file declares and names.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Child modules in files of their own.
    pub(crate) children: Vec<String>,
    /// Items that are defined here.
    pub(crate) items: BTreeSet<String>,
    /// Names that `use` brings in, and the paths behind them.
    pub(crate) imports: BTreeMap<String, Vec<String>>,
    /// Names that are handed on and not used here.
    pub(crate) handed_on: BTreeSet<String>,
    /// Paths that end in `*`.
    pub(crate) globs: Vec<Vec<String>>,
    /// Paths of two and more words outside `use`.
    pub(crate) paths: BTreeSet<Vec<String>>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let words = words(text);
        let mut source = Self::default();
        let mut public = BTreeSet::new();
        let mut used = BTreeSet::new();
        let mut depth = 0;
        let mut at = 0;
        while at < words.len() {
            let next = words.get(at + 1).map_or("", String::as_str);
            match words[at].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                "use" => {
                    let before = at.checked_sub(1).map_or("", |before| &words[before]);
                    let is_public = matches!(before, "pub" | ")");
                    let length = words[at..].iter().position(|word| word == ";");
                    let end = length.map_or(words.len(), |length| at + length);
                    let mut found = Vec::new();
                    use_tree(&words[at + 1..end], &[], &mut found);
                    for (name, path) in found {
                        if name == "*" {
                            source.globs.push(path);
                        } else {
                            if is_public {
                                public.insert(name.clone());
                            }
                            source.imports.insert(name, path);
                        }
                    }
                    at = end;
                    continue;
                }
                "mod" if words.get(at + 2).is_some_and(|word| word == ";") => {
                    source.children.push(next.to_owned());
                }
                "struct" | "enum" | "trait" | "fn" | "const" | "static" | "type" | "union"
                    if depth == 0 =>
                {
                    source.items.insert(next.to_owned());
                }
                "macro_rules" if depth == 0 => {
                    source.items.insert(words[at + 2].clone());
                }
                word if is_name(word) => {
                    let mut path = vec![word.to_owned()];
                    while words.get(at + 1).is_some_and(|sign| sign == "::")
                        && words.get(at + 2).is_some_and(|word| is_name(word))
                    {
                        path.push(words[at + 2].clone());
                        at += 2;
                    }
                    used.insert(path[0].clone());
                    if path.len() > 1 {
                        source.paths.insert(path);
                    }
                }
                "::" => at += 1,
                _ => {}
            }
            at += 1;
        }
        source.handed_on = public.difference(&used).cloned().collect();
        source
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The names that a `use` brings in, with their paths.
fn use_tree(words: &[String], before: &[String], found: &mut Vec<(String, Vec<String>)>) {
    let mut path = before.to_vec();
    let mut at = 0;
    while at < words.len() {
        match words[at].as_str() {
            "::" => {}
            "{" => {
                let inside = &words[at + 1..words.len() - 1];
                for branch in branches(inside) {
                    use_tree(branch, &path, found);
                }
                return;
            }
            "as" => {
                found.push((words[at + 1].clone(), path));
                return;
            }
            "*" => {
                found.push(("*".to_owned(), path));
                return;
            }
            "self" if !path.is_empty() => {}
            word => path.push(word.to_owned()),
        }
        at += 1;
    }
    if let Some(name) = path.last() {
        found.push((name.clone(), path));
    }
}

/// The parts of a list between its commas.
fn branches(words: &[String]) -> Vec<&[String]> {
    let mut depth = 0;
    let parts = words.split(|word| {
        match word.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        word == "," && depth == 0
    });
    parts.filter(|part| !part.is_empty()).collect()
}

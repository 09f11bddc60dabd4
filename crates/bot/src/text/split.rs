//! Long replies in parts that Discord takes, with code blocks and characters whole.

use unicode_segmentation::UnicodeSegmentation;

/// Longest message that Discord takes, in UTF-16 units; this is never less than Discord's own count.
pub const MESSAGE_MAX: usize = 2_000;

const FENCE: &str = "```";
/// End of a part inside a code block.
const CLOSE: &str = "\n```";
/// Longest language name of a code block, in bytes; anything longer is code.
const LANGUAGE_MAX: usize = 20;

/// `text` in parts of at most `max` UTF-16 units, at least 100.
///
/// A part ends at the end of a line where possible, else between words, else between characters as people see them. A code
/// block that is cut is closed, and opened again in the next part. A blank text has no parts.
pub fn split(text: &str, max: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    let mut block: Option<String> = None;
    while !rest.trim().is_empty() {
        let head = block
            .take()
            .map_or_else(String::new, |language| format!("{FENCE}{language}\n"));
        let (piece, after) = cut(&head, rest, max);
        block = block_after(&head, piece);
        let close = if block.is_some() { CLOSE } else { "" };
        let part = format!("{head}{}{close}", piece.trim_end());
        if !piece.trim().is_empty() {
            parts.push(part);
        }
        rest = after;
    }
    parts
}

/// Cuts `text` into its next piece and the rest. The piece fits into `max` units behind `head`, together with the fence that
/// may have to close it.
fn cut<'text>(head: &str, text: &'text str, max: usize) -> (&'text str, &'text str) {
    let room = max - units(head);
    let close = block_after(head, text).map_or(0, |_| CLOSE.len());
    if units(text) + close <= room {
        return (text, "");
    }
    let room = room - CLOSE.len();
    let longest = longest_prefix(text, room);
    let end = whole_fences(head, text, better_end(text, longest));
    let (piece, rest) = text.split_at(end);
    // The line end or the space at the cut is dropped.
    let first = rest.graphemes(true).next().filter(|first| is_gap(first));
    (piece, &rest[first.map_or(0, str::len)..])
}

/// Length, in bytes, of the longest prefix of `text` with at most `room` units; never 0.
fn longest_prefix(text: &str, room: usize) -> usize {
    let mut used = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        used += units(grapheme);
        if used <= room {
            continue;
        }
        if start > 0 {
            return start;
        }
        // One character with hundreds of marks on it is longer than a part: it can only be cut.
        let mut used = 0;
        let fits = grapheme.char_indices().find(|(_, char)| {
            used += char.len_utf16();
            used > room
        });
        return fits.map_or(grapheme.len(), |(end, _)| end);
    }
    text.len()
}

/// Position of the last line end in the second half of `text[..longest]`, else of the last space there, else `longest`.
fn better_end(text: &str, longest: usize) -> usize {
    if text[longest..].graphemes(true).next().is_some_and(is_gap) {
        return longest;
    }
    let last = |wanted: fn(&str) -> bool| {
        let graphemes = text[..longest].grapheme_indices(true).rev();
        graphemes
            .take_while(|(start, _)| start * 2 > longest)
            .find(|(_, grapheme)| wanted(grapheme))
            .map(|(start, _)| start)
    };
    last(|grapheme| grapheme != " " && is_gap(grapheme))
        .or_else(|| last(is_gap))
        .unwrap_or(longest)
}

/// A line end, or a space that carries nothing.
fn is_gap(grapheme: &str) -> bool {
    matches!(grapheme, "\n" | "\r\n" | " ")
}

/// `end`, or a position before it that is neither inside a fence nor right behind an opening one. `head` comes before
/// `text`.
fn whole_fences(head: &str, text: &str, end: usize) -> usize {
    let piece = &text[..end];
    if text[end..].starts_with('`') && piece.ends_with('`') {
        let start = piece.trim_end_matches('`').len();
        if start > 0 {
            return start;
        }
    }
    let fences: Vec<usize> = piece.match_indices(FENCE).map(|(at, _)| at).collect();
    let opens = fences.len() % 2 != head.matches(FENCE).count();
    match fences.last() {
        Some(&at) if at > 0 && opens => {
            let behind = &piece[at + FENCE.len()..];
            let code = &behind[language(behind).len()..];
            if code.trim().is_empty() { at } else { end }
        }
        _ => end,
    }
}

/// The language of the code block that is open after `head` and `piece`; `None` where none is.
fn block_after(head: &str, piece: &str) -> Option<String> {
    let whole = format!("{head}{piece}");
    let fences: Vec<usize> = whole.match_indices(FENCE).map(|(at, _)| at).collect();
    let opened = fences.last().filter(|_| fences.len() % 2 == 1)?;
    Some(language(&whole[opened + FENCE.len()..]).to_owned())
}

/// The language behind an opening fence: a word with nothing else on its line.
fn language(behind: &str) -> &str {
    let line = behind.split('\n').next().unwrap_or_default();
    let word = |char: char| char.is_ascii_alphanumeric() || "+-_.#".contains(char);
    if line.len() <= LANGUAGE_MAX && line.chars().all(word) {
        line
    } else {
        ""
    }
}

/// Length of `text` in UTF-16 units, as Discord counts it.
fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

#[cfg(test)]
mod tests;

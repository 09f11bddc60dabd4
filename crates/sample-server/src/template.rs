//! Templates: `[a|b]` picks one of several texts and nests; `{slot}` is a word that a conversation keeps;
//! `{+slot}` is picked anew; `{my pet}` belongs to the speaker and `{pet}` to whoever leads the exchange.

use serde::Deserialize;

/// A text with choices in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Template {
    /// As it was written.
    pub(crate) source: String,
    /// What it consists of, in order.
    pub(crate) pieces: Vec<Piece>,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// The same text every time.
    Text(String),
    /// One of these.
    Choice(Vec<Vec<Piece>>),
    /// A word that depends on the conversation.
    Slot(Slot),
}

/// A word that depends on the conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// Somebody who takes part and is not the speaker.
    Friend,
    /// Whoever leads the exchange.
    Lead,
    /// Something that belongs to whoever leads the exchange.
    OfLead(Fact),
    /// Something that belongs to the speaker.
    OfSpeaker(Fact),
    /// A word of this name, the same for a while.
    Kept(String),
    /// A word of this name, another one every time.
    Fresh(String),
}

/// Something that belongs to an author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// The name of the animal they live with.
    Pet,
    /// What kind of animal that is.
    Species,
}

impl Template {
    /// The slots in it, in order.
    pub(crate) fn slots(&self) -> Vec<&Slot> {
        fn collect<'a>(pieces: &'a [Piece], found: &mut Vec<&'a Slot>) {
            for piece in pieces {
                match piece {
                    Piece::Text(_) => {}
                    Piece::Choice(options) => {
                        for option in options {
                            collect(option, found);
                        }
                    }
                    Piece::Slot(slot) => found.push(slot),
                }
            }
        }
        let mut found = Vec::new();
        collect(&self.pieces, &mut found);
        found
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(source: String) -> Result<Self, String> {
        let mut rest = source.as_str();
        let read = pieces(&mut rest).and_then(|pieces| match rest.chars().next() {
            None => Ok(pieces),
            Some(stray) => Err(format!("`{stray}` stands outside of brackets")),
        });
        match read {
            Ok(pieces) => Ok(Self { source, pieces }),
            Err(message) => Err(format!("{message} in the template `{source}`")),
        }
    }
}

/// Reads up to the end of the text, or to a character that ends an option.
fn pieces(rest: &mut &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    loop {
        let end = rest.find(['[', ']', '{', '}', '|']).unwrap_or(rest.len());
        let (text, after) = rest.split_at(end);
        if !text.is_empty() {
            pieces.push(Piece::Text(text.to_owned()));
        }
        *rest = after;
        if let Some(inside) = after.strip_prefix('[') {
            *rest = inside;
            pieces.push(Piece::Choice(options(rest)?));
        } else if let Some(inside) = after.strip_prefix('{') {
            let (name, after) = inside.split_once('}').ok_or("a `{` is not closed")?;
            *rest = after;
            pieces.push(Piece::Slot(slot(name)?));
        } else {
            return Ok(pieces);
        }
    }
}

/// Reads `a|b]`.
fn options(rest: &mut &str) -> Result<Vec<Vec<Piece>>, String> {
    let mut options = Vec::new();
    loop {
        options.push(pieces(rest)?);
        if let Some(more) = rest.strip_prefix('|') {
            *rest = more;
        } else {
            *rest = rest.strip_prefix(']').ok_or("a `[` is not closed")?;
            return Ok(options);
        }
    }
}

fn slot(name: &str) -> Result<Slot, String> {
    let fact = |name: &str| match name {
        "pet" => Some(Fact::Pet),
        "species" => Some(Fact::Species),
        _ => None,
    };
    if let Some(own) = name.strip_prefix("my ") {
        return fact(own).map(Slot::OfSpeaker).ok_or_else(|| {
            format!("nothing that belongs to people is called `{own}`, expected `pet` or `species`")
        });
    }
    if let Some(fresh) = name.strip_prefix('+') {
        return Ok(Slot::Fresh(fresh.to_owned()));
    }
    Ok(match (name, fact(name)) {
        ("friend", _) => Slot::Friend,
        ("lead", _) => Slot::Lead,
        (_, Some(fact)) => Slot::OfLead(fact),
        _ => Slot::Kept(name.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(source: &str) -> Result<Template, String> {
        Template::try_from(source.to_owned())
    }

    #[test]
    fn brackets_nest() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let read = template("a [b|{my pet} [c|]|] {+n}{day}").unwrap();
        let inner = Piece::Choice(vec![vec![text("c")], vec![]]);
        let own = Piece::Slot(Slot::OfSpeaker(Fact::Pet));
        assert_eq!(
            read.pieces,
            [
                text("a "),
                Piece::Choice(vec![vec![text("b")], vec![own, text(" "), inner], vec![]]),
                text(" "),
                Piece::Slot(Slot::Fresh("n".to_owned())),
                Piece::Slot(Slot::Kept("day".to_owned())),
            ]
        );
        assert_eq!(read.slots().len(), 3);
    }

    #[test]
    fn what_is_wrong_is_said_with_the_template() {
        for (source, message) in [
            ("a [b|c", "a `[` is not closed in the template `a [b|c`"),
            ("a {b", "a `{` is not closed in the template `a {b`"),
            (
                "a] b",
                "`]` stands outside of brackets in the template `a] b`",
            ),
            (
                "a|b",
                "`|` stands outside of brackets in the template `a|b`",
            ),
            (
                "{my coat}",
                "nothing that belongs to people is called `coat`, expected `pet` or `species` in the template `{my coat}`",
            ),
        ] {
            assert_eq!(template(source).unwrap_err(), message);
        }
    }
}

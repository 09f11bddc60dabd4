//! Templates: `[a|b]` is a choice between texts and may be nested; `{slot}` is a word that a conversation keeps;
//! `{+slot}` is chosen each time; `{my pet}` belongs to the speaker and `{pet}` to the leader of the exchange.

use serde::Deserialize;

/// Text with choices and slots.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Template {
    /// Source text of the template.
    pub(crate) source: String,
    /// Pieces of the template, in order.
    pub(crate) pieces: Vec<Piece>,
}

/// Piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Fixed text.
    Text(String),
    /// Choice between lists of pieces.
    Choice(Vec<Vec<Piece>>),
    /// Slot for a word that depends on the conversation.
    Slot(Slot),
}

/// Slot of a template: a word that depends on the conversation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Slot {
    /// Name of a participant other than the speaker.
    Friend,
    /// Name of the leader of the exchange.
    Lead,
    /// Fact about the leader of the exchange.
    OfLead(Fact),
    /// Fact about the speaker.
    OfSpeaker(Fact),
    /// Word of the named slot, which the conversation keeps for a while.
    Kept(String),
    /// Word of the named slot, chosen each time.
    Fresh(String),
}

/// Fact about an author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// Name of the author's animal.
    Pet,
    /// Species of the author's animal.
    Species,
}

impl Template {
    /// Slots of the template, in order.
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

/// Parses pieces up to the end of the text or of an option.
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

/// Parses the options `a|b]` of a choice.
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

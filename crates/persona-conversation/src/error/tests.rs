//! What people are told, whole.

use persona_core::describe;

use super::Error;

#[test]
fn errors() {
    let errors = [
        Error::UnknownPerson {
            name: "ana".to_owned(),
            near: vec!["ann".to_owned(), "anna".to_owned()],
        },
        Error::UnknownPerson {
            name: "zed".to_owned(),
            near: Vec::new(),
        },
        Error::AmbiguousPerson {
            name: "Sam".to_owned(),
            people: vec!["u3 sam_w".to_owned(), "u9 samira".to_owned()],
        },
    ];
    let shown: Vec<String> = errors.iter().map(describe).collect();
    insta::assert_snapshot!(shown.join("\n\n"), @"");
}

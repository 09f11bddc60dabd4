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
    insta::assert_snapshot!(shown.join("\n\n"), @"
    nobody in the store is called `ana`
    hint: did you mean ann, anna?

    nobody in the store is called `zed`
    hint: give an account name, a display name, a pseudonym such as `u1`, or an id

    `Sam` is the name of 2 people: u3 sam_w, u9 samira
    hint: name one by pseudonym or id
    ");
}

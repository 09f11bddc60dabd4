use persona_core::Hint;
use serde::Deserialize;

use super::*;

fn parse(text: &str) -> Result<ConfigFile, ConfigError> {
    ConfigFile::parse(Path::new("persona.toml"), text.to_owned())
}

fn broken(text: &str) -> (String, Option<String>) {
    let error = parse(text).unwrap_err();
    (error.to_string(), error.hint())
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Chat {
    temperature: f64,
    top_p: f64,
    top_k: usize,
    max_tokens: usize,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Whole {
    seed: u64,
    chat: Chat,
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_what_was_probably_meant() {
    let (message, hint) = broken("seed = 3\n\n[chat]\ntop_p = 0.5\ntemprature = 1.0\n");
    assert_eq!(
        message,
        "`persona.toml`, line 5: there is no key `temprature` in [chat]"
    );
    assert_eq!(hint.as_deref(), Some("did you mean `temperature`"));
    for (text, expected) in [
        (
            "run = 'x'\nchat.temprature = 1.0\n",
            "line 2: there is no key `temprature` in [chat]",
        ),
        (
            "[train]\n[train.optimizer]\nbeta3 = 1\n",
            "line 3: there is no key `beta3` in [train.optimizer]",
        ),
        (
            "[bot]\nb = 1\n[chat]\na = 1\n",
            "line 2: there is no key `b` in [bot]",
        ),
        ("sed = 1\n", "line 1: there is no key `sed`"),
    ] {
        let (message, _) = broken(text);
        assert_eq!(message, format!("`persona.toml`, {expected}"));
    }
}

#[test]
fn an_unknown_section_lists_the_known_ones() {
    let (message, hint) = broken("[zzzzzzzz]\na = 1\n");
    assert!(
        message.starts_with("`persona.toml`, line 1: there is no key `zzzzzzzz`"),
        "{message}"
    );
    assert!(hint.unwrap().contains("`chat`"));
}

#[test]
fn a_value_of_the_wrong_kind_names_the_line_and_the_key() {
    let said = |text: &str| {
        let file = parse(text).unwrap();
        let whole = file.read_as::<Whole>().map(drop);
        whole.unwrap_err().to_string()
    };
    let message = said("run = \"x\"\nseed = \"many\"\n");
    assert_eq!(
        message,
        "`persona.toml`, line 2: the key `seed`: invalid type: string \"many\", expected u64"
    );
    let text = "seed = 1\n[chat]\ntop_p = 0.5\ntop_k = true\n";
    let expected = "`persona.toml`, line 4: the key `top_k` in [chat]: invalid type: boolean `true`, expected usize";
    assert_eq!(said(text), expected);
    let section = parse(text).unwrap().section::<Chat>("chat");
    assert_eq!(section.unwrap_err().to_string(), expected);
    let (message, hint) = broken("seed = 1\nrun = \n");
    assert!(message.starts_with("`persona.toml`, line 2: "), "{message}");
    assert!(hint.unwrap().contains("--defaults"));
}

#[test]
fn a_section_that_is_not_there_is_its_default() {
    let file = parse("seed = 2\n[chat]\ntop_k = 3\n").unwrap();
    assert_eq!(file.section::<Chat>("chat").unwrap().top_k, 3);
    assert_eq!(file.section::<Chat>("eval").unwrap(), Chat::default());
    assert_eq!(file.text("run"), None);
    assert_eq!(file.sections().len(), 1);
}

#[test]
fn flags_go_over_the_file_and_the_file_over_the_recommendation() {
    let recommended: Table = "[chat]\ntop_k = 1\ntop_p = 0.1\ntemperature = 0.1"
        .parse()
        .unwrap();
    let file: Table = "[chat]\ntop_k = 2\ntop_p = 0.2".parse().unwrap();
    let flags = Overrides::default()
        .set("chat.top_k", Some(3))
        .set("chat.max_tokens", None::<i64>)
        .table();
    let chat = resolve::<Whole>([recommended, file, flags]).unwrap().chat;
    assert_eq!((chat.top_k, chat.top_p, chat.temperature), (3, 0.2, 0.1));
    assert_eq!(chat.max_tokens, Chat::default().max_tokens);
}

#[test]
fn sections_follow_the_first_leader_unless_they_say_otherwise() {
    let mut table: Table =
        "[dataset]\ncontext_turns = 9\n[chat]\ntemperature = 0.2\n[bot]\ntemperature = 1.0\n"
            .parse()
            .unwrap();
    follow(&mut table);
    for section in ["train", "eval", "chat", "bot"] {
        assert_eq!(
            table[section]["context_turns"].as_integer(),
            Some(9),
            "{section}"
        );
    }
    assert_eq!(table["eval"]["temperature"].as_float(), Some(0.2));
    assert_eq!(
        table["export"]["sampling"]["temperature"].as_float(),
        Some(0.2)
    );
    assert_eq!(table["bot"]["temperature"].as_float(), Some(1.0));
    let mut table: Table = "[dataset]\ncontext_turns = 9\n[chat]\ncontext_turns = 2\n"
        .parse()
        .unwrap();
    follow(&mut table);
    assert_eq!(table["bot"]["context_turns"].as_integer(), Some(2));
    assert_eq!(table["eval"]["context_turns"].as_integer(), Some(9));
}

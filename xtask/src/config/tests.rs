use persona_core::Hint;

use super::*;

fn broken(text: &str) -> (String, Option<String>) {
    let error = toml::from_str::<Config>(text).unwrap_err();
    let error = ConfigError::new(Path::new("persona.toml"), text, &error);
    (error.to_string(), error.hint())
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_what_was_probably_meant() {
    let (message, hint) = broken("seed = 3\n\n[chat]\ntop_p = 0.5\ntemprature = 1.0\n");
    assert_eq!(
        message,
        "`persona.toml`, line 5: there is no key `temprature` in [chat]"
    );
    assert_eq!(hint.as_deref(), Some("did you mean `temperature`"));
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
fn a_value_of_the_wrong_kind_names_the_line() {
    let (message, _) = broken("run = \"x\"\nseed = \"many\"\n");
    assert!(message.starts_with("`persona.toml`, line 2: "), "{message}");
    assert!(message.contains("many"), "{message}");
}

#[test]
fn flags_go_over_the_file_and_the_file_over_the_recommendation() {
    let recommended = "[chat]\ntop_k = 1\ntop_p = 0.1\ntemperature = 0.1"
        .parse()
        .unwrap();
    let file = "[chat]\ntop_k = 2\ntop_p = 0.2".parse().unwrap();
    let flags = Overrides::default()
        .set("chat.top_k", Some(3))
        .set("chat.max_tokens", None::<i64>)
        .table();
    let chat = resolve(recommended, file, flags).unwrap().chat;
    assert_eq!((chat.top_k, chat.top_p, chat.temperature), (3, 0.2, 0.1));
    assert_eq!(chat.max_tokens, ChatConfig::default().max_tokens);
}

#[test]
fn the_resolved_configuration_reads_back_as_itself() {
    let config = Config::default();
    let text = toml::to_string_pretty(&config).unwrap();
    assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
}

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
struct Sampled {
    temperature: f64,
    top_p: f64,
    top_k: usize,
    max_tokens: usize,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Whole {
    seed: u64,
    sampling: Sampled,
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_what_was_probably_meant() {
    let (message, hint) = broken("seed = 3\n\n[sampling]\ntop_p = 0.5\ntemprature = 1.0\n");
    assert_eq!(
        message,
        "`persona.toml`, line 5: there is no key `temprature` in [sampling]"
    );
    assert_eq!(hint.as_deref(), Some("did you mean `temperature`"));
    for (text, expected) in [
        (
            "run = 'x'\nsampling.temprature = 1.0\n",
            "line 2: there is no key `temprature` in [sampling]",
        ),
        (
            "[train]\n[train.optimizer]\nbeta3 = 1\n",
            "line 3: there is no key `beta3` in [train.optimizer]",
        ),
        (
            "[bot]\nb = 1\n[sampling]\na = 1\n",
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
    assert!(hint.unwrap().contains("`sampling`"));
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
    let text = "seed = 1\n[sampling]\ntop_p = 0.5\ntop_k = true\n";
    let expected = "`persona.toml`, line 4: the key `top_k` in [sampling]: invalid type: boolean `true`, expected usize";
    assert_eq!(said(text), expected);
    let section = parse(text).unwrap().section::<Sampled>("sampling");
    assert_eq!(section.unwrap_err().to_string(), expected);
    let (message, hint) = broken("seed = 1\nrun = \n");
    assert!(message.starts_with("`persona.toml`, line 2: "), "{message}");
    assert!(hint.unwrap().contains("--defaults"));
}

#[test]
fn a_section_that_is_not_there_is_its_default() {
    let file = parse("seed = 2\n[sampling]\ntop_k = 3\n").unwrap();
    assert_eq!(file.section::<Sampled>("sampling").unwrap().top_k, 3);
    assert_eq!(file.section::<Sampled>("eval").unwrap(), Sampled::default());
    assert_eq!(file.text("run"), None);
    assert_eq!(file.sections().len(), 1);
}

#[test]
fn flags_go_over_the_file_and_the_file_over_the_recommendation() {
    let recommended: Table = "[sampling]\ntop_k = 1\ntop_p = 0.1\ntemperature = 0.1"
        .parse()
        .unwrap();
    let file: Table = "[sampling]\ntop_k = 2\ntop_p = 0.2".parse().unwrap();
    let flags = Overrides::default()
        .set("sampling.top_k", Some(3))
        .set("sampling.max_tokens", None::<i64>)
        .table();
    let drawn = resolve::<Whole>([recommended, file, flags])
        .unwrap()
        .sampling;
    assert_eq!((drawn.top_k, drawn.top_p, drawn.temperature), (3, 0.2, 0.1));
    assert_eq!(drawn.max_tokens, Sampled::default().max_tokens);
}

#[test]
fn a_key_in_its_old_place_says_where_it_went() {
    let said = |text: &str| {
        let (message, hint) = broken(text);
        format!("{message}; hint: {}", hint.unwrap_or_default())
    };
    insta::assert_snapshot!(said("seed = 1\n[eval]\ncontext_turns = 3\n"), @"`persona.toml`, line 3: `context_turns` of [eval] is `context_turns` of [conversation] now; hint: write `context_turns` once, under [conversation], for all that use it");
    insta::assert_snapshot!(said("[chat]\ntemperature = 0.5\n"), @"`persona.toml`, line 2: `temperature` of [chat] is `temperature` of [sampling] now; hint: write `temperature` once, under [sampling], for all that use it");
    insta::assert_snapshot!(said("[export]\nsampling.top_k = 5\n"), @"`persona.toml`, line 2: `top_k` of [export.sampling] is `top_k` of [sampling] now; hint: write `top_k` once, under [sampling], for all that use it");
    for (section, key, to) in [
        ("dataset", "openers", "conversation"),
        ("dataset", "turn_gap_minutes", "conversation"),
        ("dataset", "silence_minutes", "conversation"),
        ("train", "context_turns", "conversation"),
        ("bot", "silence_minutes", "conversation"),
        ("bot", "max_tokens", "sampling"),
        ("eval", "top_p", "sampling"),
        ("export.sampling", "repetition_penalty", "sampling"),
    ] {
        let (message, _) = broken(&format!("[{section}]\n{key} = 1\n"));
        assert_eq!(
            message,
            format!("`persona.toml`, line 2: `{key}` of [{section}] is `{key}` of [{to}] now")
        );
    }
    parse(
        "[conversation]\ncontext_turns = 3\n[sampling]\ntop_k = 3\n[bot]\ncontext_turns_max = 9\n",
    )
    .unwrap();
}

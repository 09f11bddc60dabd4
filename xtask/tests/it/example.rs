//! `persona.example.toml` is made from the configuration's documentation and defaults, and is never out of step with them.
//! After a change: `UPDATE_EXAMPLE=1 cargo test -p xtask example`.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use crate::harness::{Place, workspace};

const FILE: &str = "persona.example.toml";

const HEAD: &str = "\
# The configuration of Persona, every key with its default. Copy it to `persona.toml` and uncomment what you change.
# Flags go over this file; this file goes over what the run recorded in its `config.toml`, and that over what the base model
# recommends in its `recommended.toml`. What contradicts the results that a run has is refused, unless --change means it.
# Secrets stand in `.env`, not here: DISCORD_TOKEN=… for the bot, HF_TOKEN=… for models that ask for an account.
";

/// Keys without a default, with a value that shows their form.
const OPTIONAL: [(&str, &str); 10] = [
    ("context_turns_max", "8"),
    ("stop_after", "500"),
    ("package_owner", "123456789012345678"),
    ("store", "\"server.sqlite\""),
    ("embedder", "\"models/all-MiniLM-L6-v2\""),
    ("limit", "1000"),
    ("conversations", "60"),
    ("guild", "123456789012345678"),
    ("since", "\"2024-01-31\""),
    ("resync", "\"7d\""),
];

/// Documentation and type of each field, by crate and struct.
type Documented = BTreeMap<(String, String), Vec<Field>>;

struct Field {
    name: String,
    kind: String,
    doc: String,
}

#[test]
fn the_example_shows_every_key_with_its_default() {
    let defaults = Place::new().ok(&["config", "--defaults", "--json"]).json();
    let documented = documented();
    let mut text = HEAD.to_owned();
    let mut sections = String::new();
    write_struct(
        &documented,
        "xtask",
        "Config",
        "",
        defaults.as_object().unwrap(),
        &mut text,
        &mut sections,
    );
    text += &sections;
    let path = workspace().join(FILE);
    if std::env::var_os("UPDATE_EXAMPLE").is_some() {
        persona_core::atomic::write(&path, &text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap();
    assert!(
        found == text,
        "{FILE} is out of step with the configuration: UPDATE_EXAMPLE=1 cargo test -p xtask example"
    );
}

#[test]
fn the_example_uncommented_is_the_default() {
    let text = fs::read_to_string(workspace().join(FILE)).unwrap();
    let is_setting = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| {
            key.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter == '_' || letter.is_ascii_digit()
            })
        })
    };
    let lines = text
        .lines()
        .filter_map(|line| match line.strip_prefix("# ") {
            Some(setting) if is_setting(setting) => Some(setting),
            Some(_) => None,
            None => Some(line),
        });
    let place = Place::new();
    place.write("persona.toml", &lines.collect::<Vec<_>>().join("\n"));
    let mut found = place.ok(&["config", "--json"]).json();
    let mut defaults = place.ok(&["config", "--defaults", "--json"]).json();
    for (key, _) in OPTIONAL {
        assert!(forget(&mut found, key), "{key}");
        forget(&mut defaults, key);
    }
    assert_eq!(found, defaults);
}

/// Removes `key` at the top or in a section. Whether it had a value there.
fn forget(config: &mut Value, key: &str) -> bool {
    let Some(map) = config.as_object_mut() else {
        return false;
    };
    let here = map.remove(key).is_some_and(|value| !value.is_null());
    map.values_mut()
        .fold(here, |found, inner| forget(inner, key) || found)
}

fn write_struct(
    documented: &Documented,
    package: &str,
    name: &str,
    section: &str,
    values: &Map<String, Value>,
    text: &mut String,
    sections: &mut String,
) {
    let fields = documented
        .get(&(package.to_owned(), name.to_owned()))
        .or_else(|| {
            // A type of another crate, such as the optimizer's in preference training.
            documented
                .iter()
                .find(|((_, other), _)| other == name)
                .map(|(_, fields)| fields)
        });
    let fields = fields.unwrap_or_else(|| panic!("no documentation of `{name}` in {package}"));
    for field in fields {
        match values.get(&field.name) {
            Some(Value::Object(inner)) => {
                let path = if section.is_empty() {
                    field.name.clone()
                } else {
                    format!("{section}.{}", field.name)
                };
                let mut own = format!("\n{}[{path}]\n", comment(&field.doc));
                let mut below = String::new();
                let (package, kind) = owner(&field.kind, package);
                write_struct(
                    documented, &package, &kind, &path, inner, &mut own, &mut below,
                );
                sections.push_str(&own);
                sections.push_str(&below);
            }
            Some(value) if !value.is_null() => write!(
                text,
                "\n{}# {} = {value}\n",
                comment(&field.doc),
                field.name
            )
            .unwrap(),
            _ => {
                let (_, form) = OPTIONAL
                    .iter()
                    .find(|(key, _)| *key == field.name)
                    .unwrap_or_else(|| panic!("no value for `{}`", field.name));
                write!(text, "\n{}# {} = {form}\n", comment(&field.doc), field.name).unwrap();
            }
        }
    }
}

/// The crate and the name of a type: `dataset::Config` is `Config` of `dataset`.
fn owner(kind: &str, package: &str) -> (String, String) {
    let mut parts = kind.split("::");
    let first = parts.next().unwrap();
    match parts.last() {
        Some(name) => (first.replace('_', "-"), name.to_owned()),
        None => (package.to_owned(), first.to_owned()),
    }
}

fn comment(doc: &str) -> String {
    const WIDTH: usize = 110;
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in doc.split_whitespace() {
        if line.chars().count() + word.chars().count() >= WIDTH {
            lines += &line;
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}

fn documented() -> Documented {
    let mut found = Documented::new();
    let crates = fs::read_dir(workspace().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for folder in crates.chain([workspace().join("xtask")]) {
        let package = folder.file_name().unwrap().to_string_lossy().into_owned();
        for file in sources(&folder.join("src")) {
            read_structs(&package, &fs::read_to_string(file).unwrap(), &mut found);
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

/// Finds `struct Name {` and its documented fields, as rustfmt writes them.
fn read_structs(package: &str, text: &str, found: &mut Documented) {
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line
            .split("struct ")
            .nth(1)
            .and_then(|rest| rest.strip_suffix(" {"))
        else {
            continue;
        };
        if !line.starts_with("pub") {
            continue;
        }
        let mut fields = Vec::new();
        let mut doc = String::new();
        for line in lines.by_ref().take_while(|line| *line != "}") {
            let line = line.trim();
            if let Some(text) = line.strip_prefix("///") {
                doc += text;
                continue;
            }
            let declared = line
                .strip_prefix("pub(crate) ")
                .or_else(|| line.strip_prefix("pub "));
            if let Some((field, kind)) =
                declared.and_then(|field| field.strip_suffix(',')?.split_once(": "))
            {
                let doc = std::mem::take(&mut doc);
                fields.push(Field {
                    name: field.to_owned(),
                    kind: kind.to_owned(),
                    doc: doc.trim().to_owned(),
                });
            }
        }
        found.insert((package.to_owned(), name.to_owned()), fields);
    }
}

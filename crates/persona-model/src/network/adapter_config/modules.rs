//! Selection of the modules that an adapter is for, and settings that differ between them, by PEFT's rules.

use persona_core::{FileError, json::Document};
use regex::Regex;
use serde_json::{Map, Value};

use crate::tensors::ALL_TARGETS;

/// A regular expression of the file, compiled.
#[derive(Clone, Debug)]
struct Pattern {
    text: String,
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Compiles `text` between `before` and `after`; `None` where it is no regular expression by itself, or uses
/// look-around.
fn compile(before: &str, text: &str, after: &str) -> Option<Regex> {
    Regex::new(text).ok()?;
    Regex::new(&format!("{before}(?:{text}){after}")).ok()
}

/// Values for some modules, by regular expressions that match the end of a module's name. The first match counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Overrides(Vec<(Pattern, Value)>);

impl Overrides {
    /// Reads `rank_pattern` or `alpha_pattern`.
    pub(super) fn load(
        file: &Document,
        key: &str,
        is_valid: impl Fn(&Value) -> bool,
    ) -> Result<Self, FileError> {
        let entries = match file.get(key) {
            Value::Null => return Ok(Self::default()),
            Value::Object(entries) => entries,
            _ => return Err(file.wrong(key, "module names with numbers")),
        };
        let mut overrides = Vec::new();
        for (name, value) in entries {
            if !is_valid(value) {
                return Err(file.wrong(key, "module names with numbers from 1"));
            }
            // Matches a name, or the end of one after a dot.
            let Some(regex) = compile(r"^(?:.*\.)?", name, "$") else {
                let expected = format!("expressions without look-around, unlike `{name}`");
                return Err(file.wrong(key, &expected));
            };
            let text = name.clone();
            overrides.push((Pattern { text, regex }, value.clone()));
        }
        Ok(Self(overrides))
    }

    /// Value for `module`, if there is one.
    pub(super) fn of(&self, module: &str) -> Option<&Value> {
        let mut entries = self.0.iter();
        let found = entries.find(|(pattern, _)| pattern.regex.is_match(module));
        found.map(|(_, value)| value)
    }

    pub(super) fn to_json(&self) -> Map<String, Value> {
        let entries = self.0.iter();
        entries
            .map(|(pattern, value)| (pattern.text.clone(), value.clone()))
            .collect()
    }
}

/// Selection of the modules that an adapter is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Modules {
    targets: Selection,
    excluded: Selection,
    layers: Option<Layers>,
}

/// Names of modules, or ends of names after a dot; or a regular expression for whole names.
#[derive(Clone, Debug, PartialEq)]
enum Selection {
    Names(Vec<String>),
    Expression(Pattern),
    /// A regular expression that is not supported.
    Unknown(String),
}

impl Selection {
    fn load(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(Self::Names(Vec::new())),
            Value::Array(names) => names
                .iter()
                .map(|name| name.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .map(Self::Names),
            Value::String(text) if text == "all-linear" => Some(Self::Names(
                ALL_TARGETS.iter().map(ToString::to_string).collect(),
            )),
            Value::String(text) => {
                let text = text.clone();
                Some(match compile("^", &text, "$") {
                    Some(regex) => Self::Expression(Pattern { text, regex }),
                    None => Self::Unknown(text),
                })
            }
            _ => None,
        }
    }

    fn contains(&self, module: &str) -> Option<bool> {
        match self {
            Self::Names(names) => Some(names.iter().any(|name| {
                let rest = module.strip_suffix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            })),
            Self::Expression(pattern) => Some(pattern.regex.is_match(module)),
            Self::Unknown(_) => None,
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Names(names) => names.clone().into(),
            Self::Expression(Pattern { text, .. }) | Self::Unknown(text) => text.clone().into(),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Names(names) if names.is_empty())
    }
}

/// Layers that the adapter is for, where it is not for all.
#[derive(Clone, Debug, PartialEq)]
struct Layers {
    indices: Vec<u64>,
    /// `layers_pattern` as the file has it.
    pattern: Value,
    /// Regular expressions whose last group is the number of a layer.
    numbers: Vec<Pattern>,
}

impl Layers {
    fn load(file: &Document) -> Result<Option<Self>, FileError> {
        let indices = match file.get("layers_to_transform") {
            Value::Null => return Ok(None),
            Value::Array(items) => items.iter().map(Value::as_u64).collect(),
            item => item.as_u64().map(|index| vec![index]),
        };
        let Some(indices) = indices else {
            return Err(file.wrong("layers_to_transform", "numbers of layers"));
        };
        if indices.is_empty() {
            return Ok(None);
        }
        let wrong = || file.wrong("layers_pattern", "names of lists of layers");
        let pattern = file.get("layers_pattern");
        let names: Vec<&str> = match pattern {
            Value::Null => Vec::new(),
            Value::String(name) if name.is_empty() => Vec::new(),
            Value::String(name) => vec![name],
            Value::Array(names) => names
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
            _ => return Err(wrong()),
        };
        let names = if names.is_empty() {
            vec!["[^.]*"]
        } else {
            names
        };
        let numbers = names.into_iter().map(|name| {
            Ok(Pattern {
                text: name.to_owned(),
                regex: compile(r"^.*\.", name, r"\.(\d+)\.").ok_or_else(wrong)?,
            })
        });
        Ok(Some(Self {
            indices,
            pattern: pattern.clone(),
            numbers: numbers.collect::<Result<_, FileError>>()?,
        }))
    }

    fn contain(&self, module: &str) -> bool {
        let mut found = self
            .numbers
            .iter()
            .filter_map(|pattern| pattern.regex.captures(module));
        let number = found
            .next()
            .and_then(|groups| groups[groups.len() - 1].parse().ok());
        number.is_some_and(|number: u64| self.indices.contains(&number))
    }
}

impl Modules {
    /// Selects the modules whose last names are `targets`.
    pub(super) fn named(targets: &[String]) -> Self {
        Self {
            targets: Selection::Names(targets.to_vec()),
            excluded: Selection::Names(Vec::new()),
            layers: None,
        }
    }

    pub(super) fn load(file: &Document) -> Result<Self, FileError> {
        let expected = "a list of names, or an expression";
        let select =
            |key: &str| Selection::load(file.get(key)).ok_or_else(|| file.wrong(key, expected));
        let targets = select("target_modules")?;
        if targets.is_empty() {
            return Err(file.wrong("target_modules", expected));
        }
        Ok(Self {
            targets,
            excluded: select("exclude_modules")?,
            layers: Layers::load(file)?,
        })
    }

    /// Whether `module` is selected; `None` where a regular expression is not supported.
    pub(super) fn contain(&self, module: &str) -> Option<bool> {
        if self.excluded.contains(module)? {
            return Some(false);
        }
        let found = self.targets.contains(module)?;
        // PEFT looks at layers only where targets are names.
        let in_layers = match (&self.targets, &self.layers) {
            (Selection::Names(_), Some(layers)) => layers.contain(module),
            _ => true,
        };
        Some(found && in_layers)
    }

    pub(super) fn targets_json(&self) -> Value {
        self.targets.to_json()
    }

    /// Keys that narrow the selection down, where there are any.
    pub(super) fn narrowing_json(&self) -> Map<String, Value> {
        let mut keys = Map::new();
        if !self.excluded.is_empty() {
            keys.insert("exclude_modules".to_owned(), self.excluded.to_json());
        }
        if let Some(layers) = &self.layers {
            let indices = layers.indices.clone().into();
            keys.insert("layers_to_transform".to_owned(), indices);
            keys.insert("layers_pattern".to_owned(), layers.pattern.clone());
        }
        keys
    }
}

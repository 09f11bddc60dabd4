//! Discord's description of its API: operations, with the schemas of their requests and answers.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use jsonschema::{Draft, Registry, RegistryBuilder, Resource, Validator};
use serde_json::{Value, json};

/// Name of the description in references.
const NAME: &str = "urn:discord";

static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::read);

/// Returns the description, which is read once.
pub(crate) fn description() -> &'static Description {
    &DESCRIPTION
}

/// Operation: a method on a path with placeholders.
#[derive(Debug)]
pub(crate) struct Operation {
    /// HTTP method, in capitals.
    pub(crate) method: String,
    /// Path template, such as `/channels/{channel_id}/messages`.
    pub(crate) template: String,
    parts: Vec<String>,
    parameters: Vec<Parameter>,
    body: Option<Value>,
    body_required: bool,
    /// Schemas of answers by status, `4XX` and the like among them.
    answers: BTreeMap<String, Option<Value>>,
}

#[derive(Debug)]
struct Parameter {
    name: String,
    place: String,
    required: bool,
    schema: Value,
}

/// Operations and validators of Discord's API.
pub(crate) struct Description {
    operations: Vec<Operation>,
    registry: Registry<'static>,
    /// Validators by schema, kept because building one takes longer than using it.
    validators: Mutex<BTreeMap<String, Arc<Validator>>>,
}

impl Description {
    fn read() -> Self {
        let document: Value =
            serde_json::from_str(include_str!("../openapi.json")).expect("it is JSON");
        let resource = Resource::from_contents(json!({"components": document["components"]}));
        let registry = Registry::new()
            .draft(Draft::Draft202012)
            .add(NAME, resource)
            .and_then(RegistryBuilder::prepare)
            .expect("its references hold");
        Self {
            operations: operations(&document),
            registry,
            validators: Mutex::default(),
        }
    }

    /// Operation of a request, with the values of its placeholders. Fixed parts of paths take precedence over
    /// placeholders.
    pub(crate) fn find(
        &self,
        method: &str,
        path: &str,
    ) -> Option<(&Operation, BTreeMap<String, String>)> {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let fitting = self
            .operations
            .iter()
            .filter(|operation| operation.method == method)
            .filter_map(|operation| Some((operation, operation.values(&parts)?)));
        fitting.min_by_key(|(_, values)| values.len())
    }

    /// Violations of `schema` in `value`, one sentence each.
    pub(crate) fn errors(&self, schema: &Value, value: &Value) -> Vec<String> {
        let validator = self.validator(schema);
        if validator.is_valid(value) {
            return Vec::new();
        }
        let errors = validator.iter_errors(value);
        errors
            .map(|error| {
                let mut text = error.to_string();
                if let Some((end, _)) = text.char_indices().nth(600) {
                    text.truncate(end);
                }
                format!("at `{}`: {text}", error.instance_path())
            })
            .collect()
    }

    /// Violations of the component `name` in `value`.
    pub(crate) fn component_errors(&self, name: &str, value: &Value) -> Vec<String> {
        self.errors(
            &json!({"$ref": format!("{NAME}#/components/schemas/{name}")}),
            value,
        )
    }

    fn validator(&self, schema: &Value) -> Arc<Validator> {
        let key = schema.to_string();
        let mut validators = self
            .validators
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = validators.get(&key) {
            return validator.clone();
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .with_format("snowflake", |text: &str| text.parse::<u64>().is_ok())
            .build(schema)
            .expect("the schema holds");
        let validator = Arc::new(validator);
        validators.insert(key, validator.clone());
        validator
    }
}

impl Operation {
    /// Values of the placeholders, if `parts` fit.
    fn values(&self, parts: &[&str]) -> Option<BTreeMap<String, String>> {
        if parts.len() != self.parts.len() {
            return None;
        }
        let mut values = BTreeMap::new();
        for (own, given) in self.parts.iter().zip(parts) {
            if let Some(name) = own
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'))
            {
                values.insert(name.to_owned(), (*given).to_owned());
            } else if own != given {
                return None;
            }
        }
        Some(values)
    }

    /// Violations in a request.
    pub(crate) fn request_errors(
        &self,
        values: &BTreeMap<String, String>,
        query: &[(String, String)],
        body: Option<&Value>,
    ) -> Vec<String> {
        let mut errors = Vec::new();
        let known = |place: &'static str| {
            self.parameters
                .iter()
                .filter(move |parameter| parameter.place == place)
        };
        for parameter in known("path") {
            if let Some(text) = values.get(&parameter.name) {
                errors.extend(parameter.errors(text));
            }
        }
        for (name, text) in query {
            match known("query").find(|parameter| parameter.name == *name) {
                Some(parameter) => errors.extend(parameter.errors(text)),
                None => errors.push(format!("unknown query parameter `{name}`")),
            }
        }
        for parameter in known("query").filter(|parameter| parameter.required) {
            if query.iter().all(|(name, _)| *name != parameter.name) {
                errors.push(format!("query parameter `{}` is missing", parameter.name));
            }
        }
        errors.extend(self.body_errors(body));
        errors
    }

    fn body_errors(&self, body: Option<&Value>) -> Vec<String> {
        match (&self.body, body) {
            (Some(schema), Some(body)) => {
                let errors = description().errors(schema, body);
                errors
                    .into_iter()
                    .map(|error| format!("body {error}"))
                    .collect()
            }
            (Some(_), None) if self.body_required => vec!["the body is missing".to_owned()],
            (None, Some(body)) if *body != json!({}) && !body.is_null() => {
                vec!["there is a body where none is expected".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    /// Violations in an answer. 5xx are not checked: proxies write those.
    pub(crate) fn answer_errors(&self, status: u16, body: Option<&Value>) -> Vec<String> {
        if status >= 500 {
            return Vec::new();
        }
        let class = format!("{}XX", status / 100);
        let Some(schema) = self
            .answers
            .get(&status.to_string())
            .or_else(|| self.answers.get(&class))
        else {
            return vec![format!("status {status} is not described")];
        };
        match (schema, body) {
            (Some(schema), Some(body)) => description().errors(schema, body),
            (Some(_), None) => vec!["the body is missing".to_owned()],
            (None, Some(_)) => vec!["there is a body where none is described".to_owned()],
            (None, None) => Vec::new(),
        }
    }
}

impl Parameter {
    fn errors(&self, text: &str) -> Vec<String> {
        // Parameters are text; the schema gives the type to read them as.
        let kind = self.schema["type"].as_str();
        let value = match kind {
            Some("integer") => text
                .parse::<i64>()
                .map_or_else(|_| json!(text), Value::from),
            Some("boolean") => text
                .parse::<bool>()
                .map_or_else(|_| json!(text), Value::from),
            _ => json!(text),
        };
        let errors = description().errors(&self.schema, &value);
        errors
            .into_iter()
            .map(|error| format!("parameter `{}` = `{text}` {error}", self.name))
            .collect()
    }
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    let paths = document["paths"].as_object().expect("there are paths");
    for (template, item) in paths {
        for method in ["get", "put", "post", "patch", "delete"] {
            let operation = &item[method];
            if operation.is_null() {
                continue;
            }
            let lists = [&item["parameters"], &operation["parameters"]];
            let body = &operation["requestBody"];
            operations.push(Operation {
                method: method.to_uppercase(),
                template: template.clone(),
                parts: template
                    .trim_start_matches('/')
                    .split('/')
                    .map(str::to_owned)
                    .collect(),
                parameters: lists
                    .into_iter()
                    .filter_map(Value::as_array)
                    .flatten()
                    .map(parameter)
                    .collect(),
                body: content(body).map(strict),
                body_required: body["required"].as_bool().unwrap_or(false),
                answers: answers(document, &operation["responses"]),
            });
        }
    }
    operations
}

fn parameter(parameter: &Value) -> Parameter {
    let text = |key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
    Parameter {
        name: text("name"),
        place: text("in"),
        required: parameter["required"].as_bool().unwrap_or(false),
        schema: absolute(&parameter["schema"]),
    }
}

fn answers(document: &Value, responses: &Value) -> BTreeMap<String, Option<Value>> {
    let responses = responses.as_object().into_iter().flatten();
    responses
        .map(|(status, response)| {
            let pointer = response["$ref"]
                .as_str()
                .and_then(|reference| reference.strip_prefix('#'));
            let response = pointer
                .and_then(|pointer| document.pointer(pointer))
                .unwrap_or(response);
            (status.clone(), content(response))
        })
        .collect()
}

fn content(holder: &Value) -> Option<Value> {
    let schema = &holder["content"]["application/json"]["schema"];
    (!schema.is_null()).then(|| absolute(schema))
}

/// `schema` without further properties: an unknown one in a request would be a spelling mistake of ours.
fn strict(schema: Value) -> Value {
    match schema["$ref"] {
        Value::String(_) => json!({"allOf": [schema], "unevaluatedProperties": false}),
        _ => schema,
    }
}

/// `schema` with references that hold outside the description.
fn absolute(schema: &Value) -> Value {
    let text = schema
        .to_string()
        .replace("\"#/components/", &format!("\"{NAME}#/components/"));
    serde_json::from_str(&text).expect("only a prefix changed")
}

#[cfg(test)]
mod tests;

//! An OpenAI-compatible server as the source of replies.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use persona_core::{ChatMessage, Role};
use reqwest::{Client, Response, Url, redirect};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    reply::{Piece, Reply, Request},
    stream::{PieceSender, ReplyStream},
    tokens::{Finish, Timings},
};

mod config;
pub(crate) mod error;
mod events;

pub use config::RemoteConfig;
pub use error::RemoteError;

use events::Events;

/// Pieces that may wait for a slow reader before the writer waits too.
const PIECES_MAX: usize = 64;
/// Characters of what a server says about an error that are shown.
const MESSAGE_MAX: usize = 300;
/// The longest time that a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A handle of a server.
#[derive(Clone, Debug)]
pub struct Remote {
    client: Client,
    /// Without user name, password and final slash.
    url: String,
    model: String,
    first_token: Duration,
    idle: Duration,
    sampling_extensions: bool,
}

impl Remote {
    /// A handle of the server at `url`, which usually ends in `/v1`. Asks it for the name of its model where `config` has none.
    pub async fn connect(
        url: &str,
        config: &RemoteConfig,
        key: Option<&str>,
    ) -> Result<Self, RemoteError> {
        let parsed = address(url)?;
        let mut remote = Self {
            client: client(&parsed, key)?,
            url: parsed.as_str().trim_end_matches('/').to_owned(),
            model: config.model.clone(),
            first_token: Duration::from_secs(config.first_token_seconds),
            idle: Duration::from_secs(config.idle_seconds),
            sampling_extensions: config.sampling_extensions,
        };
        if remote.model.is_empty() {
            remote.model = remote.first_model().await?;
        }
        Ok(remote)
    }

    /// What it is, for logs and status.
    pub fn describe(&self) -> String {
        format!("{} at {}", self.model, self.url)
    }

    /// The first model that the server lists, which also shows that it is there.
    async fn first_model(&self) -> Result<String, RemoteError> {
        let request = self.client.get(format!("{}/models", self.url)).send();
        let response = self.within(self.idle, request).await?;
        let response = self.accepted(response).await?;
        let body = self.within(self.idle, response.bytes()).await?;
        let list: ModelList = serde_json::from_slice(&body)
            .map_err(|error| self.protocol(format!("lists its models in another form: {error}")))?;
        let first = list.data.into_iter().next();
        first
            .map(|model| model.id)
            .ok_or_else(|| self.protocol("lists no model".to_owned()))
    }

    /// Asks for a reply, which is read on a task of its own. Must be called inside a tokio runtime.
    pub fn submit(&self, request: Request) -> ReplyStream {
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        let remote = self.clone();
        tokio::spawn(async move {
            let end = tokio::select! {
                // Nobody reads any more: the connection is closed, and with it the reply is cancelled.
                () = sender.closed() => return,
                end = remote.write(&request, &sender) => end,
            };
            let _ = sender.send(end.map(Piece::Done).map_err(Into::into)).await;
        });
        ReplyStream::of_task(pieces)
    }

    async fn write(&self, request: &Request, sender: &PieceSender) -> Result<Reply, RemoteError> {
        let started = Instant::now();
        let post = self
            .client
            .post(format!("{}/chat/completions", self.url))
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(self.body(request).to_string())
            .send();
        let response = self.within(self.first_token, post).await?;
        let mut bytes = self.accepted(response).await?.bytes_stream();
        let mut events = Events::default();
        let mut reply = Draft::default();
        let mut patience = self.first_token;
        while !reply.done {
            let Some(chunk) = self
                .within(patience, async { bytes.next().await.transpose() })
                .await?
            else {
                break;
            };
            let whole = events
                .push(&chunk)
                .map_err(|_| self.protocol("sent an event that never ends".to_owned()))?;
            for event in whole {
                self.take(&event, &mut reply, sender, started).await?;
            }
            patience = if reply.first.is_some() {
                self.idle
            } else {
                self.first_token
            };
        }
        if let Some(event) = events.finish() {
            self.take(&event, &mut reply, sender, started).await?;
        }
        let Some(finish) = reply.finish else {
            return Err(self.protocol("ended the stream before the reply was finished".to_owned()));
        };
        Ok(Reply {
            ids: Vec::new(),
            text: reply.text,
            finish,
            tokens: reply.tokens.unwrap_or(reply.pieces),
            prompt_tokens: reply.prompt_tokens,
            reused_tokens: 0,
            timings: Timings {
                waited: Duration::ZERO,
                first_token: reply.first.unwrap_or_else(|| started.elapsed()),
                total: started.elapsed(),
            },
        })
    }

    /// Adds one event to the reply.
    async fn take(
        &self,
        event: &str,
        reply: &mut Draft,
        sender: &PieceSender,
        started: Instant,
    ) -> Result<(), RemoteError> {
        if reply.done || event.trim() == "[DONE]" {
            reply.done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(event).map_err(|error| {
            self.protocol(format!("sent an event that is no JSON chunk: {error}"))
        })?;
        if let Some(error) = chunk.error {
            return Err(self.protocol(format!("failed: {}", message_of(&error))));
        }
        if let Some(usage) = chunk.usage {
            reply.tokens = Some(usage.completion_tokens);
            reply.prompt_tokens = usage.prompt_tokens;
        }
        for choice in chunk.choices {
            if let Some(reason) = choice.finish_reason {
                reply.finish = Some(match reason.as_str() {
                    "length" => Finish::Length,
                    _ => Finish::Stop,
                });
            }
            if let Some(text) = choice.delta.content.filter(|text| !text.is_empty()) {
                reply.first.get_or_insert_with(|| started.elapsed());
                reply.pieces += 1;
                reply.text.push_str(&text);
                let ids = Vec::new();
                // A reader that left ends this task from outside.
                let _ = sender.send(Ok(Piece::Text { ids, text })).await;
            }
        }
        Ok(())
    }

    fn body(&self, request: &Request) -> Value {
        let sampling = &request.sampling;
        let messages: Vec<Value> = request.messages.iter().map(message).collect();
        let mut body = json!({
            "model": self.model,
            "messages": messages,
            "stream": true,
            "stream_options": {"include_usage": true},
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            // Servers keep seeds in 32 bits, 63 bits or as signed numbers.
            "seed": request.seed & 0x7fff_ffff,
        });
        if self.sampling_extensions {
            // vLLM and llama-server call the penalty differently; each passes over the other's name.
            body["top_k"] = json!(sampling.top_k);
            body["repetition_penalty"] = json!(sampling.repetition_penalty);
            body["repeat_penalty"] = json!(sampling.repetition_penalty);
        }
        body
    }

    /// Waits at most `patience`.
    async fn within<T>(
        &self,
        patience: Duration,
        work: impl Future<Output = Result<T, reqwest::Error>>,
    ) -> Result<T, RemoteError> {
        match tokio::time::timeout(patience, work).await {
            Ok(outcome) => outcome.map_err(|error| RemoteError::Connection {
                url: self.url.clone(),
                source: error.without_url(),
            }),
            Err(_) => Err(RemoteError::Silent {
                url: self.url.clone(),
                silent: patience,
            }),
        }
    }

    async fn accepted(&self, response: Response) -> Result<Response, RemoteError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = self
            .within(self.idle, response.text())
            .await
            .unwrap_or_default();
        let said = serde_json::from_str::<Value>(&body)
            .map_or_else(|_| body.trim().to_owned(), |body| message_of(&body));
        Err(RemoteError::Refused {
            url: self.url.clone(),
            status: status.as_u16(),
            message: said.chars().take(MESSAGE_MAX).collect(),
        })
    }

    fn protocol(&self, message: String) -> RemoteError {
        RemoteError::Protocol {
            url: self.url.clone(),
            message,
        }
    }
}

/// A reply on its way.
#[derive(Default)]
struct Draft {
    text: String,
    pieces: usize,
    tokens: Option<usize>,
    prompt_tokens: usize,
    first: Option<Duration>,
    finish: Option<Finish>,
    done: bool,
}

#[derive(Deserialize)]
struct ModelList {
    data: Vec<ModelEntry>,
}

#[derive(Deserialize)]
struct ModelEntry {
    id: String,
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    content: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: usize,
    #[serde(default)]
    completion_tokens: usize,
}

/// The address without what must not be shown or sent along.
fn address(url: &str) -> Result<Url, RemoteError> {
    let refuse = |problem| RemoteError::Address {
        url: url.rsplit('@').next().unwrap_or_default().to_owned(),
        problem,
    };
    let parsed = Url::parse(url).map_err(|_| refuse("is no URL"))?;
    if !["http", "https"].contains(&parsed.scheme()) {
        return Err(refuse("begins with neither `http://` nor `https://`"));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(refuse(
            "holds a user name or password; the key belongs in PERSONA_API_KEY",
        ));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(refuse("holds a query or fragment"));
    }
    Ok(parsed)
}

fn client(url: &Url, key: Option<&str>) -> Result<Client, RemoteError> {
    let mut headers = reqwest::header::HeaderMap::new();
    if let Some(key) = key {
        let mut value = reqwest::header::HeaderValue::try_from(format!("Bearer {key}"))
            .map_err(|_| RemoteError::Key)?;
        value.set_sensitive(true);
        headers.insert(reqwest::header::AUTHORIZATION, value);
    }
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .default_headers(headers)
        // A redirect would carry prompts, and perhaps the key, to where nobody asked for.
        .redirect(redirect::Policy::none());
    if matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
        // reqwest would send even these through HTTP_PROXY.
        builder = builder.no_proxy();
    }
    builder.build().map_err(|source| RemoteError::Connection {
        url: url.to_string(),
        source,
    })
}

/// Servers look for control tokens in the rendered text, so people's text must not hold any.
fn message(message: &ChatMessage) -> Value {
    let content = match message.role {
        Role::System => message.content.clone(),
        Role::User | Role::Assistant => message.content.replace("<|", "<\u{200b}|"),
    };
    json!({"role": message.role, "content": content})
}

/// What a server says about an error, in the shapes servers have for it.
fn message_of(body: &Value) -> String {
    let places = ["/error/message", "/message", "/detail", "/error"];
    let said = places
        .into_iter()
        .find_map(|place| body.pointer(place).and_then(Value::as_str));
    said.map_or_else(|| body.to_string(), str::to_owned)
}

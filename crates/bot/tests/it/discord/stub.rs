//! A model that answers what a test tells it to, behind the protocol of OpenAI's servers.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::{StreamExt, stream};
use persona_engine::{Backend, Remote, RemoteConfig};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

/// Messages that the model was asked with, without the system prompt.
pub(crate) type Prompt = Vec<String>;

type Reply = Arc<dyn Fn(&Prompt) -> String + Send + Sync>;

/// A running model.
pub(crate) struct Stub {
    address: SocketAddr,
    state: Arc<StubState>,
}

struct StubState {
    reply: Reply,
    asked: Mutex<Vec<Prompt>>,
    bodies: Mutex<Vec<Value>>,
    /// Replies that may begin; without a gate, any number.
    gate: Option<Semaphore>,
    /// Wait before each word.
    pace: Duration,
}

impl Stub {
    /// Model that answers each prompt with what `reply` returns for it.
    pub(crate) fn new(reply: impl Fn(&Prompt) -> String + Send + Sync + 'static) -> Self {
        Self::start(Arc::new(reply), None, Duration::ZERO)
    }

    /// Model that always answers `text`.
    pub(crate) fn saying(text: &str) -> Self {
        let text = text.to_owned();
        Self::new(move |_| text.clone())
    }

    /// Model that begins a reply only after [`Self::release`].
    pub(crate) fn gated(text: &str) -> Self {
        let text = text.to_owned();
        Self::start(
            Arc::new(move |_| text.clone()),
            Some(Semaphore::new(0)),
            Duration::ZERO,
        )
    }

    /// Model that waits for `pace` before each word.
    pub(crate) fn slowly(text: &str, pace: Duration) -> Self {
        let text = text.to_owned();
        Self::start(Arc::new(move |_| text.clone()), None, pace)
    }

    fn start(reply: Reply, gate: Option<Semaphore>, pace: Duration) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(StubState {
            reply,
            asked: Mutex::default(),
            bodies: Mutex::default(),
            gate,
            pace,
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .with_state(state.clone());
        // The thread runs until the test program ends.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { address, state }
    }

    /// Address of the model's server.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// A handle for the bot.
    pub(crate) async fn backend(url: &str) -> Backend {
        let config = RemoteConfig {
            model: "stub".to_owned(),
            ..RemoteConfig::default()
        };
        Backend::Remote(Remote::connect(url, &config, None).await.unwrap())
    }

    /// All prompts so far.
    pub(crate) fn asked(&self) -> Vec<Prompt> {
        self.state.asked.lock().unwrap().clone()
    }

    /// All requests so far, as JSON.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        self.state.bodies.lock().unwrap().clone()
    }

    /// Lets `replies` more replies begin.
    pub(crate) fn release(&self, replies: usize) {
        self.state.gate.as_ref().unwrap().add_permits(replies);
    }
}

async fn complete(State(state): State<Arc<StubState>>, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let prompt: Prompt = body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .skip(1)
        .map(|message| message["content"].as_str().unwrap().to_owned())
        .collect();
    state.bodies.lock().unwrap().push(body);
    state.asked.lock().unwrap().push(prompt.clone());
    if let Some(gate) = &state.gate {
        gate.acquire().await.unwrap().forget();
    }
    let text = (state.reply)(&prompt);
    let mut chunks: Vec<String> = text
        .split_inclusive(' ')
        .map(|word| event(&json!({"content": word}), &Value::Null))
        .collect();
    chunks.push(event(&json!({}), &json!("stop")));
    chunks.push("data: [DONE]\n\n".to_owned());
    let pace = state.pace;
    let chunks = stream::iter(chunks).then(move |chunk| async move {
        tokio::time::sleep(pace).await;
        Ok::<_, std::io::Error>(Bytes::from(chunk))
    });
    Body::from_stream(chunks).into_response()
}

fn event(delta: &Value, finish: &Value) -> String {
    let event = json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]});
    format!("data: {event}\n\n")
}

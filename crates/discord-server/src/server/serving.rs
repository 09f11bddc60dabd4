//! Thread of the server.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, State as Shared, WebSocketUpgrade},
    http::{Request as HttpRequest, Response, StatusCode},
    response::IntoResponse,
    routing::any,
};
use tokio::{net::TcpListener, sync::oneshot};

use super::Locked;
use crate::{
    gateway::connection,
    listener::{ConnectionCutter, CuttableListener},
    rest::{self, Incoming, lock},
};

/// Longest body of a request, in bytes.
const BODY_MAX: usize = 1 << 20;

/// Binds `address`, with some attempts: a server that comes back may find its port busy for a moment.
pub(super) fn bind(address: SocketAddr) -> std::net::TcpListener {
    let mut attempts = 0;
    loop {
        match std::net::TcpListener::bind(address) {
            Ok(listener) => return listener,
            Err(error) => {
                attempts += 1;
                assert!(attempts < 200, "no port of loopback: {error}");
                std::thread::sleep(Duration::from_millis(25));
            }
        }
    }
}

/// Serves until `stopped` resolves.
pub(super) fn run(listener: std::net::TcpListener, state: Locked, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async move {
        listener.set_nonblocking(true).expect("a socket");
        let listener = TcpListener::from_std(listener).expect("a socket");
        let router = Router::new()
            .route("/", any(gateway))
            .fallback(api)
            .with_state(state)
            .into_make_service_with_connect_info::<ConnectionCutter>();
        tokio::select! {
            _ = async { axum::serve(CuttableListener(listener), router).await } => {}
            _ = stopped => {}
        }
    });
    // Connections that are still open end with their tasks.
    runtime.shutdown_timeout(Duration::from_millis(100));
}

async fn gateway(Shared(state): Shared<Locked>, upgrade: WebSocketUpgrade) -> Response<Body> {
    if !lock(&state).gateway.open {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    upgrade.on_upgrade(move |socket| connection::speak(state, socket))
}

async fn api(
    Shared(state): Shared<Locked>,
    ConnectInfo(cutter): ConnectInfo<ConnectionCutter>,
    request: HttpRequest<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let incoming = Incoming {
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        body,
    };
    rest::serve(state, cutter, incoming).await
}

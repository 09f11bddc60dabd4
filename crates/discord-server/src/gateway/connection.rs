//! One connection to the gateway.

use std::sync::{Arc, Mutex};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Order, intents, payloads};
use crate::rest::lock;
use crate::state::ServerState;

/// Close codes, with Discord's numbers.
const AUTHENTICATION_FAILED: u16 = 4004;
const DISALLOWED_INTENTS: u16 = 4014;
const DECODE_ERROR: u16 = 4002;
const NOT_AUTHENTICATED: u16 = 4003;

/// Action after a message of the client.
enum Step {
    Nothing,
    Answer(Value),
    Close(u16),
}

/// Serves one client until it leaves or is cut.
pub(crate) async fn speak(state: Arc<Mutex<ServerState>>, mut socket: WebSocket) {
    let (line, mut orders) = mpsc::unbounded_channel();
    let hello = {
        let state = lock(&state);
        json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": state.gateway.heartbeat_ms}})
    };
    if socket
        .send(Message::Text(hello.to_string().into()))
        .await
        .is_err()
    {
        return;
    }
    let mut session: Option<String> = None;
    loop {
        let order = tokio::select! {
            order = orders.recv() => order.unwrap_or(Order::Cut),
            said = socket.recv() => match said {
                Some(Ok(Message::Text(text))) => {
                    match hear(&mut lock(&state), &line, &mut session, &text) {
                        Step::Nothing => continue,
                        Step::Answer(value) => Order::Send(value.to_string()),
                        Step::Close(code) => Order::Close(code),
                    }
                }
                Some(Ok(Message::Close(frame))) => {
                    // 1000 and 1001 end the session; anything else leaves it to be resumed.
                    if frame.is_some_and(|frame| matches!(frame.code, 1000 | 1001))
                        && let Some(name) = &session
                    {
                        lock(&state).gateway.end(name);
                    }
                    break;
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => break,
            },
        };
        let sent = match order {
            Order::Send(text) => socket.send(Message::Text(text.into())).await,
            Order::Close(code) => {
                let frame = CloseFrame {
                    code,
                    reason: "as the test wished".into(),
                };
                let _ = socket.send(Message::Close(Some(frame))).await;
                break;
            }
            Order::Cut => break,
        };
        if sent.is_err() {
            break;
        }
    }
    if let Some(name) = session {
        lock(&state).gateway.leave(&name, &line);
    }
}

fn hear(
    state: &mut ServerState,
    line: &mpsc::UnboundedSender<Order>,
    session: &mut Option<String>,
    text: &str,
) -> Step {
    let Ok(said) = serde_json::from_str::<Value>(text) else {
        return Step::Close(DECODE_ERROR);
    };
    let data = &said["d"];
    match said["op"].as_u64() {
        Some(1) => {
            state.gateway.heartbeats += 1;
            if state.gateway.acks {
                Step::Answer(json!({"op": 11, "s": null, "t": null, "d": null}))
            } else {
                Step::Nothing
            }
        }
        Some(2) => identify(state, line, session, data),
        Some(6) => resume(state, line, session, data),
        // Presence, voice state and requests for members are ignored.
        Some(3 | 4 | 8) if session.is_some() => Step::Nothing,
        Some(3 | 4 | 8) => Step::Close(NOT_AUTHENTICATED),
        _ => Step::Close(4001),
    }
}

fn identify(
    state: &mut ServerState,
    line: &mpsc::UnboundedSender<Order>,
    session: &mut Option<String>,
    data: &Value,
) -> Step {
    if state.faults.refuse_token || !is_token(state, data) {
        return Step::Close(AUTHENTICATION_FAILED);
    }
    let Some(intents) = data["intents"].as_u64() else {
        return Step::Close(DECODE_ERROR);
    };
    if intents & state.gateway.disallowed != 0 {
        return Step::Close(DISALLOWED_INTENTS);
    }
    let name = state.gateway.open_session(intents, line.clone());
    let ready = payloads::ready(&state.world, &name, &state.gateway.url, &data["shard"]);
    state.gateway.send(&name, "READY", &ready);
    if intents & intents::GUILDS != 0 {
        for guild in state.world.guilds.keys() {
            let event = payloads::guild_create(&state.world, *guild);
            state.gateway.send(&name, "GUILD_CREATE", &event);
        }
    }
    *session = Some(name);
    Step::Nothing
}

fn resume(
    state: &mut ServerState,
    line: &mpsc::UnboundedSender<Order>,
    session: &mut Option<String>,
    data: &Value,
) -> Step {
    if !is_token(state, data) {
        return Step::Close(AUTHENTICATION_FAILED);
    }
    let name = data["session_id"].as_str().unwrap_or_default();
    let sequence = data["seq"].as_u64().unwrap_or(0);
    if !state.gateway.resume(name, sequence, line.clone()) {
        return Step::Answer(json!({"op": 9, "s": null, "t": null, "d": false}));
    }
    *session = Some(name.to_owned());
    Step::Nothing
}

/// Whether the token is right, bare or in the form of the header.
fn is_token(state: &ServerState, data: &Value) -> bool {
    let given = data["token"].as_str().unwrap_or_default();
    given.strip_prefix("Bot ").unwrap_or(given) == state.world.token
}

//! Proxies of the environment.

use std::{env, net::TcpListener, process::Command};

use persona_discord::Error;

use crate::support::{TestChannel, block_on};

/// Environment variable that is set in the child process with proxies in its environment.
const CHILD: &str = "PERSONA_DISCORD_PROXY";
const NAMES: [&str; 6] = [
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
];

#[test]
fn this_machine_is_asked_without_a_proxy_and_others_with_it() {
    if env::var_os(CHILD).is_some() {
        let scene = TestChannel::new();
        assert!(
            block_on(scene.rest().me()).is_ok(),
            "loopback goes past the proxy"
        );
        let mut elsewhere = scene.config();
        // A host that does not exist, so that only a proxy can answer for it.
        elsewhere.api = "http://discord.invalid".to_owned();
        elsewhere.retries = 0;
        let error = block_on(scene.rest_with(&elsewhere).me()).unwrap_err();
        assert!(
            matches!(error, Error::Unavailable { status: 502, .. }),
            "{error:?}"
        );
        return;
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for stream in proxy.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
    });
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args([
            "proxy::this_machine_is_asked_without_a_proxy_and_others_with_it",
            "--exact",
        ])
        .env(CHILD, "1")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .env_remove("REQUEST_METHOD")
        .envs(NAMES.map(|name| (name, address.clone())));
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

//! How a program is asked to stop.

use tokio::sync::oneshot;

/// Ready when the program is asked to stop: by Ctrl-C, by the system, or by its supervisor.
pub(super) async fn asked_to_stop(supervised: bool) {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
        () = closed(), if supervised => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Ready when standard input is at its end.
async fn closed() {
    let (sender, end) = oneshot::channel();
    // Nothing can wake a thread out of a read: it is left behind when the program ends.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = sender.send(());
    });
    let _ = end.await;
}

//! Signals and inputs that ask a program to stop.

use tokio::sync::oneshot;

/// Exit code of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// Resolves when the program is asked to stop: by Ctrl-C, by the system, or by its supervisor. A second Ctrl-C then ends it
/// at once.
pub(super) async fn asked_to_stop(supervised: bool) {
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
        () = closed(), if supervised => {}
    }
}

/// Resolves at the first Ctrl-C. From then on a second one ends the program.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        return std::future::pending().await;
    }
    tracing::info!("stopping: finishing the reply at hand (Ctrl-C again to stop at once)");
    tokio::spawn(async {
        if tokio::signal::ctrl_c().await.is_ok() {
            #[expect(
                clippy::exit,
                reason = "the second Ctrl-C means now; a kill at any moment loses nothing"
            )]
            std::process::exit(INTERRUPTED);
        }
    });
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

/// Resolves when standard input is at its end.
async fn closed() {
    let (sender, end) = oneshot::channel();
    // Nothing can wake a thread out of a read: this one is left behind when the program ends.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        let _ = sender.send(());
    });
    let _ = end.await;
}

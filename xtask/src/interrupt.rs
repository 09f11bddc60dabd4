//! Ctrl-C: the first asks the running stage to save and stop, the second ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

use persona_run::Interrupted;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static AT_ONCE: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C and for the signals that ask a program to end.
pub(crate) fn install() {
    let result = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::SeqCst) || AT_ONCE.load(Ordering::SeqCst) {
            #[expect(
                clippy::exit,
                reason = "the second Ctrl-C means now; a kill at any moment loses nothing"
            )]
            std::process::exit(130);
        }
        tracing::warn!("stopping: saving what is done (Ctrl-C again to stop at once)");
    });
    if let Err(error) = result {
        tracing::warn!("cannot listen for Ctrl-C: {error}");
    }
}

/// Lets the first Ctrl-C end the program from now on: there is nothing to save any more.
pub(crate) fn end_at_once() {
    AT_ONCE.store(true, Ordering::SeqCst);
}

/// Returns an error where the user asked to stop.
pub(crate) fn check() -> Result<(), Interrupted> {
    if requested() {
        return Err(Interrupted);
    }
    Ok(())
}

/// Whether the user asked to stop.
pub(crate) fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

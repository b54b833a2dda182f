//! How a process is asked to stop. `main` takes the token once and gives it to everything it spawns.

use tokio::signal::unix::{SignalKind, signal as listen};
use tokio_util::sync::CancellationToken;

/// Who is killed by a second Ctrl-C leaves with this code, as shells expect.
const INTERRUPTED: i32 = 130;

/// A token that is cancelled by the first SIGTERM or SIGINT. A second one ends the process at once, for
/// whoever does not want to wait for it to finish what it accepted.
///
/// Must be called inside a Tokio runtime.
pub fn signal() -> std::io::Result<CancellationToken> {
    let mut terminate = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let stop = token.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "stopping: finishing what was accepted");
        stop.cancel();
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
        tracing::warn!("stopping at once: asked a second time");
        std::process::exit(INTERRUPTED);
    });
    Ok(token)
}

//! Turns PostgreSQL's notifications into wake-ups of this process's relay. Without them the relay polls.

use std::sync::Arc;
use std::time::Duration;

use event_store::relay_cursor::CursorError;
use event_store::relay_watch::Appends;
use tokio::sync::Notify;

use super::RETRY;

/// Never ends: a broken or silent connection is made again.
pub async fn wake_by_notification(url: String, limit: Duration, appended: Arc<Notify>) {
    loop {
        let error = listen(&url, limit, &appended).await;
        tracing::debug!(%error, "the relay polls: it cannot listen");
        tokio::time::sleep(RETRY).await;
    }
}

async fn listen(url: &str, limit: Duration, appended: &Notify) -> CursorError {
    let mut appends = match Appends::listen(url, limit).await {
        Ok(appends) => appends,
        Err(error) => return error,
    };
    loop {
        match appends.next().await {
            Ok(()) => appended.notify_one(),
            Err(error) => return error,
        }
    }
}

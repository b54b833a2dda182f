//! Waiting for something to become true, with an end. Never for time to pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

pub const SOON: Duration = Duration::from_mins(1);

/// Asks again and again until there is an answer.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            Instant::now() < end,
            "within {} s it did not come to this: {what}",
            SOON.as_secs()
        );
        sleep(Duration::from_millis(20)).await;
    }
}

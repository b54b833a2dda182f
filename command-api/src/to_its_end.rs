//! Work that goes on though nobody waits for it any more.

use session::security;

/// A request that is given up is dropped where it waits; a task is not. What the task records is recorded as the request's.
///
/// # Panics
/// The work does.
pub async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(security::in_its_name(work))
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

//! Deleting much in portions: each is one short statement, so that no lock is held for long and nothing is too much to succeed.

use sqlx::Error;

/// Rows that one statement deletes at most.
pub const PORTION: i64 = 5_000;
/// PostgreSQL ended a statement that took too long.
const CANCELLED: &str = "57014";

/// Repeats `portion`, which handles up to as many rows as it is told and says how many they were, until there are no more. One that takes
/// too long is repeated with half as many. How many there were in all.
///
/// # Errors
/// What `portion` says, unless it is that many rows take too long.
pub async fn in_portions<F, Fut>(mut portion: F) -> Result<u64, Error>
where
    F: FnMut(i64) -> Fut,
    Fut: Future<Output = Result<u64, Error>>,
{
    let (mut rows, mut all) = (PORTION, 0);
    loop {
        match portion(rows).await {
            Ok(handled) => {
                all += handled;
                if handled < rows.unsigned_abs() {
                    return Ok(all);
                }
            }
            Err(error) if rows > 1 && took_too_long(&error) => rows /= 2,
            Err(error) => return Err(error),
        }
    }
}

fn took_too_long(error: &Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.as_deref() == Some(CANCELLED)
}

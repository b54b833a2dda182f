//! Which generation of a view readers use, and whether anybody keeps it up to date. The query API reads it; projectors write it.

use std::time::Duration;

use redis::AsyncCommands;
use serde::{Deserialize, Serialize};

use crate::keys::{Generation, Keys};
use crate::view::View;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    pub generation: Generation,
    pub built: bool,
}

/// The generation to read, or none while the view is not built.
///
/// # Errors
/// When Redis does not answer, or what it holds is no pointer.
pub async fn read(
    connection: &mut impl AsyncCommands,
    keys: &Keys,
    view: View,
) -> redis::RedisResult<Option<Generation>> {
    let text: Option<String> = connection.get(keys.pointer(view)).await?;
    let Some(text) = text else { return Ok(None) };
    let pointer: Pointer = serde_json::from_str(&text).map_err(|error| {
        redis::RedisError::from((redis::ErrorKind::Parse, "not a view pointer", error.to_string()))
    })?;
    Ok(pointer.built.then_some(pointer.generation))
}

/// Says for a while that the view is kept up to date.
///
/// # Errors
/// When Redis does not answer.
pub async fn say_kept(
    connection: &mut impl AsyncCommands,
    keys: &Keys,
    view: View,
    lasts: Duration,
) -> redis::RedisResult<()> {
    connection.set_ex(keys.kept(view), 1, lasts.as_secs()).await
}

/// Whether somebody said so of late.
///
/// # Errors
/// When Redis does not answer.
pub async fn is_kept(
    connection: &mut impl AsyncCommands,
    keys: &Keys,
    view: View,
) -> redis::RedisResult<bool> {
    connection.exists(keys.kept(view)).await
}

//! Sessions that end while their epoch goes on: by signing out, by their handle in the list, by signing in again.
//!
//! PostgreSQL is told first, and Redis then. A Redis that comes back with less than it had has such a session again, in the account's
//! present epoch. So before an epoch is published to a process of Redis, what ended of the account ends there once more; and what ended of
//! late is told again and again by [`super::publishing`] (docs/decisions/0018).

use std::time::Duration;

use database::Pool;
use session::{LONGEST_LIFE, NamedSession, Sessions};
use uuid::Uuid;

use super::AccountError;

/// Ends the session that `cookies` names, and returns the `Set-Cookie` values that make the browser forget it.
///
/// # Errors
/// PostgreSQL or Redis does not answer: then it may go on.
pub async fn sign_out(pool: &Pool, sessions: &Sessions, cookies: &str) -> Result<[String; 2], AccountError> {
    let stored = store(pool, sessions.named(cookies).await?.as_slice()).await;
    // Also where it cannot be stored: then it could come back, and whoever signs out is told that it did not go as it should.
    let forgotten = sessions.end(cookies).await?;
    stored?;
    Ok(forgotten)
}

/// Ends one of `account`'s sessions, by its handle. Whether there was one.
///
/// # Errors
/// PostgreSQL or Redis does not answer: then it may go on.
pub async fn end_one(
    pool: &Pool,
    sessions: &Sessions,
    account: Uuid,
    handle: &str,
) -> Result<bool, AccountError> {
    let named = sessions.by_handle(account, handle).await?;
    store(pool, named.as_slice()).await?;
    sessions.end_these(named.as_slice()).await?;
    Ok(named.is_some())
}

/// What has to be done before [`Sessions::sign_in`], which ends sessions and publishes the account's epoch.
///
/// # Errors
/// PostgreSQL or Redis does not answer: then nobody is signed in.
pub async fn before_sign_in(
    pool: &Pool,
    sessions: &Sessions,
    account: Uuid,
    cookies: &str,
) -> Result<(), AccountError> {
    // Most of the time it does: whoever told it the epoch ended them.
    if !sessions.knows_epoch(account).await? {
        end_again(pool, sessions, &[account]).await?;
    }
    let ended = sessions.ended_by_sign_in(cookies, account).await?;
    Ok(store(pool, &ended).await?)
}

/// Ends what ended of these accounts in a Redis that may have forgotten it, before their epochs are published there. Which ones they are.
///
/// # Errors
/// PostgreSQL or Redis does not answer: then no epoch may be published.
pub async fn end_again(
    pool: &Pool,
    sessions: &Sessions,
    accounts: &[Uuid],
) -> Result<Vec<NamedSession>, AccountError> {
    // Of each the newest: a Redis that comes back has lost minutes, and nobody signs out so often in those.
    let sql =
        "select ended.account_id, ended.hash from unnest($1::uuid[]) as account (id) cross join lateral (
                   select account_id, hash from ended_sessions where account_id = account.id
                   order by ended_at desc limit 1000) as ended";
    let rows = sqlx::query_as(sql).bind(accounts).fetch_all(pool).await?;
    let ended = read(rows);
    sessions.end_these(&ended).await?;
    Ok(ended)
}

/// The same of all that ended within `age`: whoever ended them may not have come to tell Redis.
///
/// # Errors
/// PostgreSQL or Redis does not answer.
pub async fn end_recent(pool: &Pool, sessions: &Sessions, age: Duration) -> Result<(), AccountError> {
    let rows = sqlx::query_as(
        "select account_id, hash from ended_sessions where ended_at > now() - $1::float8 * interval '1 second'",
    )
    .bind(age.as_secs_f64())
    .fetch_all(pool)
    .await?;
    Ok(sessions.end_these(&read(rows)).await?)
}

fn read(rows: Vec<(Uuid, Vec<u8>)>) -> Vec<NamedSession> {
    let ended = rows.into_iter().filter_map(|(account, hash)| {
        let hash = hash.try_into().ok()?;
        Some(NamedSession { account, hash })
    });
    ended.collect()
}

/// Those of an account that is erased need no row: with it goes every session.
async fn store(pool: &Pool, ended: &[NamedSession]) -> Result<(), sqlx::Error> {
    if ended.is_empty() {
        return Ok(());
    }
    let hashes: Vec<&[u8]> = ended.iter().map(|session| session.hash.as_slice()).collect();
    let accounts: Vec<Uuid> = ended.iter().map(|session| session.account).collect();
    sqlx::query(
        "insert into ended_sessions (hash, account_id)
         select ended.hash, accounts.id
         from unnest($1::bytea[], $2::uuid[]) as ended (hash, account_id) join accounts on accounts.id = ended.account_id
         for key share of accounts
         on conflict do nothing",
    )
    .bind(hashes)
    .bind(accounts)
    .execute(pool)
    .await
    .map(drop)
}

/// Deletes those that would have ended by themselves by now, wherever they came back. How many they were.
pub async fn sweep(pool: &Pool) -> Result<u64, sqlx::Error> {
    let life = Duration::from_secs(LONGEST_LIFE).as_secs_f64();
    database::in_portions(async |most| {
        let done = sqlx::query(
            "delete from ended_sessions where hash in (
                 select hash from ended_sessions where ended_at < now() - $2::float8 * interval '1 second'
                 order by ended_at limit $1 for update skip locked)",
        )
        .bind(most)
        .bind(life)
        .execute(pool)
        .await?;
        Ok(done.rows_affected())
    })
    .await
}

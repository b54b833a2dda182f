//! What is published in Redis, and believed only from the process of Redis to which it was told.
//!
//! A Redis that is started again from what it saved, or a replica that takes its place, may have forgotten the latest: that a
//! key was revoked, that a session was ended. So what must never be believed late carries the `run_id` of the process to which it was
//! told (redis.io/docs/latest/commands/info), written and compared by that process itself: another one begins with nothing, whatever it
//! has in memory, until it is told anew. Where a server has no `run_id`, nothing can be told, and nothing is believed.

use std::sync::LazyLock;

use redis::Script;
use redis_connection::Connection;

use crate::store::SessionsError;

/// Keys that are written together.
const AT_ONCE: usize = 250;

/// ARGV: for how many seconds; then the value of each key.
static TELL: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local run = string.match(redis.call('info', 'server'), 'run_id:(%x+)')
         for i, key in ipairs(KEYS) do
             redis.call('set', key, run .. ' ' .. ARGV[i + 1], 'EX', ARGV[1])
         end",
    )
});

/// The same with numbers that only grow: what comes late takes nothing back.
static TELL_NEWEST: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local run = string.match(redis.call('info', 'server'), 'run_id:(%x+)')
         for i, key in ipairs(KEYS) do
             local by, number = string.match(redis.call('get', key) or '', '^(%x+) (%d+)$')
             if by ~= run or tonumber(number) <= tonumber(ARGV[i + 1]) then
                 redis.call('set', key, run .. ' ' .. ARGV[i + 1], 'EX', ARGV[1])
             end
         end",
    )
});

static BELIEVED: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "local by, said = string.match(redis.call('get', KEYS[1]) or '', '^(%x+) (.+)$')
         if by and by == string.match(redis.call('info', 'server'), 'run_id:(%x+)') then return said end
         return false",
    )
});

pub async fn tell(redis: &Connection, told: &[(String, String)], seconds: u64) -> Result<(), SessionsError> {
    told_by(&TELL, redis, told, seconds).await
}

pub async fn tell_newest(
    redis: &Connection,
    told: &[(String, String)],
    seconds: u64,
) -> Result<(), SessionsError> {
    told_by(&TELL_NEWEST, redis, told, seconds).await
}

async fn told_by(
    script: &Script,
    redis: &Connection,
    told: &[(String, String)],
    seconds: u64,
) -> Result<(), SessionsError> {
    for some in told.chunks(AT_ONCE) {
        let mut call = script.prepare_invoke();
        call.arg(seconds);
        for (key, value) in some {
            call.key(key).arg(value);
        }
        let () = call.invoke_async(&mut redis.clone()).await?;
    }
    Ok(())
}

/// What is published under `key`, if it was told to this process of Redis.
pub async fn believed(redis: &Connection, key: &str) -> Result<Option<String>, SessionsError> {
    Ok(BELIEVED.key(key).invoke_async(&mut redis.clone()).await?)
}

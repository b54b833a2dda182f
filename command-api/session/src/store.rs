//! Sessions in Redis: `session:{id}` → `{"owner","kind","created_at","refreshed_at"}`, of an account also its roles and
//! what it signed in with. Gone after 30 idle days, or 12 hours where a role lets do more than shop; the latter also a week
//! after signing in, whatever happens, and any account's after 90 days.
//!
//! What was read is kept here until Redis says that it changed (server-assisted client-side caching,
//! redis.io/docs/latest/develop/reference/client-side-caching): a shopper who sends ten commands is looked up once.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::caching::{CacheConfig, CacheMode};
use redis::{AsyncCommands, CommandCacheConfig, ExistenceCheck, SetExpiry, SetOptions};
use redis_connection::{Connection, Settings};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cookie::{self, CookieKind, SESSION_LIFE};
use crate::guest::GuestKey;
use crate::role::Roles;

/// A session id is 32 random bytes in base64url.
const ID_LETTERS: usize = 43;
const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// Of an account's session, however much it is used, in seconds.
pub(crate) const LONGEST_LIFE: i64 = 90 * 24 * 60 * 60;
/// Redis answers in less than a millisecond or something is wrong.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// Sessions that are kept here.
const KEPT: NonZeroUsize = NonZeroUsize::new(65_536).expect("more than none");
/// And for how long at most: a connection that hangs brings no word of what changed.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// What Redis holds for one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub owner: Uuid,
    pub(crate) kind: Kind,
    /// Unix seconds.
    pub created_at: u64,
    /// When its life was last prolonged, in unix seconds.
    #[serde(default)]
    pub(crate) refreshed_at: u64,
    /// Of an account, when it signed in.
    #[serde(default)]
    pub(crate) roles: Roles,
    /// What an account signed in with: "Firefox on Linux".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) device: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Guest,
    Account,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shopper {
    /// Named by a live session.
    InSession(Uuid),
    /// Named by a live session of an account.
    SignedIn { account: Uuid, roles: Roles },
    /// Named by the guest cookie alone: the session is lost, and the command API issues a new one.
    Guest(Uuid),
}

impl Shopper {
    /// Whose carts the shopper may see and change.
    pub const fn owner(self) -> Uuid {
        match self {
            Self::InSession(owner) | Self::SignedIn { account: owner, .. } | Self::Guest(owner) => owner,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    #[error("Redis does not answer for sessions: {0}")]
    Unavailable(#[from] redis::RedisError),
    #[error("the operating system has no random bytes: {0}")]
    Random(String),
}

/// Issues sessions and knows them again. Clones share one connection.
#[derive(Clone)]
pub struct Sessions {
    pub(crate) redis: Connection,
    pub(crate) prefix: String,
    pub(crate) cookies: CookieKind,
    pub(crate) key: GuestKey,
}

impl Sessions {
    /// Connects when first used, so that a process can start before Redis does.
    pub fn connect(
        url: &str,
        prefix: &str,
        cookies: CookieKind,
        key: GuestKey,
    ) -> Result<Self, SessionsError> {
        let cache = CacheConfig::new()
            .set_mode(CacheMode::OptIn)
            .set_size(KEPT)
            .set_default_client_ttl(KEPT_FOR);
        let redis = Settings::new(url, ANSWER_LIMIT)?.cached(cache).lazy()?;
        Ok(Self::over(redis, prefix, cookies, key))
    }

    /// Over a connection that the caller also uses for something else.
    pub fn over(redis: Connection, prefix: &str, cookies: CookieKind, key: GuestKey) -> Self {
        Self {
            redis,
            prefix: prefix.to_owned(),
            cookies,
            key,
        }
    }

    /// Whether Redis answers: for `/readyz`.
    pub async fn ping(&self) -> Result<(), SessionsError> {
        Ok(self.redis.clone().ping().await?)
    }

    /// Who sends this `Cookie` header: a live session's owner, else the guest whose signed cookie it
    /// is, else nobody. A session in use is kept alive.
    pub async fn resolve(&self, cookies: &str) -> Result<Option<Shopper>, SessionsError> {
        let stored = match self.key_of(cookies) {
            Some(key) => {
                let stored: Option<Vec<u8>> = redis::cmd("GET")
                    .arg(&key)
                    .set_cache_config(CommandCacheConfig::new().set_enable_cache(true))
                    .query_async(&mut self.redis.clone())
                    .await?;
                let session = stored.as_deref().and_then(Session::read);
                if let Some(session) = session.as_ref().filter(|session| session.wants_refresh(now())) {
                    self.refresh(&key, session).await?;
                }
                session
            }
            None => None,
        };
        Ok(self.shopper(stored, cookies))
    }

    /// The Redis key of the session that a `Cookie` header names: for readers who fetch it together
    /// with something else, in one round trip, and then ask [`Session::read`] and [`Self::shopper`].
    pub fn key_of(&self, cookies: &str) -> Option<String> {
        let id = cookie::find(cookies, self.cookies.session_name())?;
        let well_formed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let plausible = id.len() == ID_LETTERS && id.bytes().all(well_formed);
        plausible.then(|| self.key_of_id(id))
    }

    /// Who sends this `Cookie` header, given the session that was found for it.
    pub fn shopper(&self, session: Option<Session>, cookies: &str) -> Option<Shopper> {
        let guest = || cookie::find(cookies, self.cookies.guest_name()).and_then(|it| self.key.verify(it));
        session
            .map(|session| match session.kind {
                Kind::Guest => Shopper::InSession(session.owner),
                Kind::Account => Shopper::SignedIn {
                    account: session.owner,
                    roles: session.roles,
                },
            })
            .or_else(|| guest().map(Shopper::Guest))
    }

    /// A shopper nobody has seen before.
    pub fn new_guest() -> Uuid {
        Uuid::new_v4()
    }

    /// A key of this shop: its prefix, and then `name`.
    pub(crate) fn key(&self, name: &str) -> String {
        [&self.prefix, name].concat()
    }

    pub(crate) fn key_of_id(&self, id: &str) -> String {
        [&self.prefix, "session:", id].concat()
    }

    pub(crate) fn connection(&self) -> Connection {
        self.redis.clone()
    }

    async fn refresh(&self, key: &str, session: &Session) -> Result<(), SessionsError> {
        let refreshed = Session {
            refreshed_at: now(),
            ..session.clone()
        };
        // Only if it is still there: a session that was ended meanwhile stays ended.
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::XX)
            .with_expiration(SetExpiry::EX(refreshed.seconds_to_live(now())));
        let _: Option<String> = self
            .redis
            .clone()
            .set_options(key, refreshed.to_json(), options)
            .await?;
        Ok(())
    }
}

impl Session {
    /// Reads what Redis holds under [`Sessions::key_of`]. What cannot be read, or is older than it may get, is no session.
    pub fn read(stored: &[u8]) -> Option<Self> {
        let session: Self = serde_json::from_slice(stored).ok()?;
        let is_too_old = session.kind == Kind::Account && session.seconds_to_live(now()) == 0;
        (!is_too_old).then_some(session)
    }

    fn wants_refresh(&self, now: u64) -> bool {
        // When an account was last seen is shown in the list of its sessions.
        let renewed_after = match self.kind {
            Kind::Guest => DAY,
            Kind::Account => HOUR / 12,
        };
        now.saturating_sub(self.last_used_at()) > renewed_after
    }

    pub(crate) fn last_used_at(&self) -> u64 {
        self.refreshed_at.max(self.created_at)
    }

    /// Until it ends if nobody uses it, in seconds; 0 once it is over.
    pub(crate) fn seconds_to_live(&self, now: u64) -> u64 {
        let (idle, in_all) = match (self.kind, self.roles.is_privileged()) {
            (Kind::Guest, _) => (SESSION_LIFE.as_secs(), u64::MAX),
            (Kind::Account, false) => (SESSION_LIFE.as_secs(), 90 * DAY),
            (Kind::Account, true) => (12 * HOUR, 7 * DAY),
        };
        let unused = (self.last_used_at().saturating_add(idle)).saturating_sub(now);
        let at_all = (self.created_at.saturating_add(in_all)).saturating_sub(now);
        unused.min(at_all)
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a session has no keys or numbers that JSON cannot hold")
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

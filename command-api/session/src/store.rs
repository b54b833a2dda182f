//! Sessions in Redis: `session:{sha-256 of the id}` → `{"owner","kind","created_at","refreshed_at"}`, of an account also its roles, its epoch and
//! what it signed in with. Gone after 30 idle days, or 12 hours where a role lets do more than shop; the latter also a week
//! after signing in, whatever happens, and any account's after 90 days. Whoever reads Redis or its files finds no id that opens anything.
//!
//! A guest's session that was read is kept here until Redis says that it changed (server-assisted client-side caching,
//! redis.io/docs/latest/develop/reference/client-side-caching): a guest who sends ten commands is looked up once. An account's is
//! looked up each time, together with the account's epoch ([`crate::epochs`]).

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::caching::{CacheConfig, CacheMode};
use redis::{AsyncCommands, CommandCacheConfig, ExistenceCheck, SetExpiry, SetOptions};
use redis_connection::{Connection, Settings};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::cookie::{self, CookieKind, SESSION_LIFE};
use crate::epochs::{Claim, LookedUp};
use crate::guest::GuestKey;
use crate::role::Roles;

/// A session id is 32 random bytes in base64url.
const ID_LETTERS: usize = 43;
const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;
/// Of a guest's session that nobody uses, in seconds. Anybody makes as many as they like, and the signed cookie says who the guest is for as
/// long as it lives: so what is not used goes soon.
const GUEST_SESSION_LIFE: u64 = 2 * HOUR;
/// Of an account's session, however much it is used, in seconds.
pub const LONGEST_LIFE: u64 = 90 * DAY;
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
    /// Of an account, when it signed in: in another one the session is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) epoch: Option<i32>,
    /// It was begun with a second factor: without one it is worth no role but the shopper's.
    #[serde(default)]
    pub(crate) second_factor: bool,
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
    SignedIn {
        account: Uuid,
        roles: Roles,
        /// Roles that the account has, and that count once it has shown a second factor.
        withheld: Roles,
        /// In which the session began. Whoever reads the account's row looks whether it still is that one: Redis is told a moment later.
        epoch: i32,
    },
    /// Named by the guest cookie alone, which outlives the session.
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

/// What Redis says of a `Cookie` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// None: nobody.
    Known(Option<Shopper>),
    /// A session of an account, about which Redis was told nothing since it began: it may have ended long ago.
    Unconfirmed(Claim),
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
    pub async fn resolve(&self, cookies: &str) -> Result<Resolved, SessionsError> {
        let Some(key) = self.key_of(cookies) else {
            return Ok(Resolved::Known(self.guest(cookies)));
        };
        let kept: Option<Vec<u8>> = redis::cmd("GET")
            .arg(&key)
            .set_cache_config(CommandCacheConfig::new().set_enable_cache(true))
            .query_async(&mut self.redis.clone())
            .await?;
        let session = kept.as_deref().and_then(Session::read);
        let (session, resolved) = match session {
            Some(session) if session.kind == Kind::Account => {
                let looked_up: LookedUp = self.look_up(&key).query_async(&mut self.redis.clone()).await?;
                let session = looked_up.0.as_deref().and_then(Session::read);
                (session, self.judge(looked_up, cookies))
            }
            Some(session) => {
                let shopper = Shopper::InSession(session.owner);
                (Some(session), Resolved::Known(Some(shopper)))
            }
            None => (None, Resolved::Known(self.guest(cookies))),
        };
        if let (Some(session), Resolved::Known(Some(Shopper::InSession(_) | Shopper::SignedIn { .. }))) =
            (session, resolved)
            && session.wants_refresh(now())
        {
            self.refresh(&key, &session).await?;
        }
        Ok(resolved)
    }

    /// The same, of what Redis has at this moment, and without keeping the session alive: for who only looks whether it still lives.
    pub async fn look(&self, cookies: &str) -> Result<Resolved, SessionsError> {
        let Some(key) = self.key_of(cookies) else {
            return Ok(Resolved::Known(self.guest(cookies)));
        };
        let looked_up = self.look_up(&key).query_async(&mut self.redis.clone()).await?;
        Ok(self.judge(looked_up, cookies))
    }

    /// The Redis key of the session that a `Cookie` header names: for readers who fetch it together
    /// with something else, in one round trip, by [`Self::look_up`], and then ask [`Self::judge`].
    pub fn key_of(&self, cookies: &str) -> Option<String> {
        Some(self.key_of_hash(&hash(self.id_of(cookies)?)))
    }

    pub(crate) fn id_of<'c>(&self, cookies: &'c str) -> Option<&'c str> {
        let id = cookie::find(cookies, self.cookies.session_name())?;
        let well_formed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let plausible = id.len() == ID_LETTERS && id.bytes().all(well_formed);
        plausible.then_some(id)
    }

    /// Who sends this `Cookie` header, given what was found for it.
    pub fn judge(&self, (session, epoch): LookedUp, cookies: &str) -> Resolved {
        let session = session.as_deref().and_then(Session::read);
        let (Some(session), Some(id)) = (session, self.id_of(cookies)) else {
            return Resolved::Known(self.guest(cookies));
        };
        match (session.kind, session.epoch, epoch) {
            (Kind::Guest, ..) => Resolved::Known(Some(Shopper::InSession(session.owner))),
            (Kind::Account, Some(own), None) => Resolved::Unconfirmed(Claim {
                account: session.owner,
                hash: digest(id),
                epoch: own,
                roles: session.roles,
                second_factor: session.second_factor,
            }),
            (Kind::Account, Some(own), Some(epoch)) if own == epoch => {
                let (roles, withheld) = session.roles.counting(session.second_factor);
                Resolved::Known(Some(Shopper::SignedIn {
                    account: session.owner,
                    roles,
                    withheld,
                    epoch,
                }))
            }
            // It ended, and Redis forgot that.
            (Kind::Account, ..) => Resolved::Known(self.guest(cookies)),
        }
    }

    /// A `Cookie` header by which [`Self::look`] knows the same shopper, without anything else that was sent: for who keeps it for long.
    pub fn credentials(&self, cookies: &str) -> String {
        let session = self.id_of(cookies).map(|id| (self.cookies.session_name(), id));
        let guest = cookie::find(cookies, self.cookies.guest_name());
        // What is not signed may be of any length.
        let guest = guest.filter(|signed| self.key.verify(signed).is_some());
        let guest = guest.map(|signed| (self.cookies.guest_name(), signed));
        let kept = session.into_iter().chain(guest);
        let pairs: Vec<String> = kept.map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn guest(&self, cookies: &str) -> Option<Shopper> {
        let signed = cookie::find(cookies, self.cookies.guest_name())?;
        self.key.verify(signed).map(Shopper::Guest)
    }

    /// A shopper nobody has seen before.
    pub fn new_guest() -> Uuid {
        Uuid::new_v4()
    }

    /// A key of this shop: its prefix, and then `name`.
    pub(crate) fn key(&self, name: &str) -> String {
        [&self.prefix, name].concat()
    }

    pub(crate) fn key_of_hash(&self, hash: &str) -> String {
        [&self.prefix, "session:", hash].concat()
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
    /// Reads what Redis holds of a session. What cannot be read, or is older than it may get, is no session.
    pub fn read(stored: &[u8]) -> Option<Self> {
        let session: Self = serde_json::from_slice(stored).ok()?;
        let is_too_old = session.kind == Kind::Account && session.seconds_to_live(now()) == 0;
        (!is_too_old).then_some(session)
    }

    fn wants_refresh(&self, now: u64) -> bool {
        // When an account was last seen is shown in the list of its sessions.
        let renewed_after = match self.kind {
            Kind::Guest => GUEST_SESSION_LIFE / 4,
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
            (Kind::Guest, _) => (GUEST_SESSION_LIFE, u64::MAX),
            (Kind::Account, false) => (SESSION_LIFE.as_secs(), LONGEST_LIFE),
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

/// Under which a session is kept.
pub(crate) fn hash(id: &str) -> String {
    hex::encode(digest(id))
}

pub(crate) fn digest(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

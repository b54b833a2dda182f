//! Sessions in Redis: `session:{id}` → `{"owner","kind","created_at","refreshed_at"}`, gone after 30
//! idle days.
//!
//! What was read is kept here until Redis says that it changed (server-assisted client-side caching,
//! redis.io/docs/latest/develop/reference/client-side-caching): a shopper who sends ten commands is looked up once.

use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::caching::{CacheConfig, CacheMode};
use redis::{
    AsyncCommands, CommandCacheConfig, ExistenceCheck, IntoConnectionInfo, ProtocolVersion, SetExpiry,
    SetOptions,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::cookie::{self, CookieKind, SESSION_LIFE};
use crate::guest::GuestKey;

/// A session id is this many random bytes.
const ID_BYTES: usize = 32;
/// The same in base64url, which is how it travels.
const ID_LETTERS: usize = 43;
/// A session that is in use is renewed no more often than this.
const RENEWED_AFTER: u64 = 24 * 60 * 60;
/// Redis answers in less than a millisecond or something is wrong.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
const CONNECT_LIMIT: Duration = Duration::from_secs(1);
/// Sessions that are kept here.
const KEPT: NonZeroUsize = NonZeroUsize::new(65_536).expect("more than none");
/// And for how long at most: a connection that hangs brings no word of what changed.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// What Redis holds for one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub owner: Uuid,
    kind: Kind,
    /// Unix seconds.
    pub created_at: u64,
    /// When its life was last prolonged, in unix seconds.
    #[serde(default)]
    refreshed_at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Guest,
}

/// Who sends a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shopper {
    /// Named by a live session.
    InSession(Uuid),
    /// Named by the guest cookie alone: the session is lost, and the command API issues a new one.
    Guest(Uuid),
}

impl Shopper {
    /// Whose carts the shopper may see and change.
    pub const fn owner(self) -> Uuid {
        match self {
            Self::InSession(owner) | Self::Guest(owner) => owner,
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
    redis: ConnectionManager,
    prefix: String,
    cookies: CookieKind,
    key: GuestKey,
}

impl Sessions {
    /// Connects when first used, so that a process can start before Redis does.
    pub fn connect(
        url: &str,
        prefix: &str,
        cookies: CookieKind,
        key: GuestKey,
    ) -> Result<Self, SessionsError> {
        let limits = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(ANSWER_LIMIT))
            .set_cache_config(
                CacheConfig::new()
                    .set_mode(CacheMode::OptIn)
                    .set_size(KEPT)
                    .set_default_client_ttl(KEPT_FOR),
            )
            // A request is answered "unavailable" at once; the next one tries again.
            .set_number_of_retries(0);
        let server = url.into_connection_info()?;
        // Redis can only tell what changed in its newer protocol.
        let settings = server
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let client = redis::Client::open(server.set_redis_settings(settings))?;
        let redis = ConnectionManager::new_lazy_with_config(client, limits)?;
        Ok(Self::over(redis, prefix, cookies, key))
    }

    /// Over a connection that the caller also uses for something else.
    pub fn over(redis: ConnectionManager, prefix: &str, cookies: CookieKind, key: GuestKey) -> Self {
        Self {
            redis,
            prefix: format!("{prefix}session:"),
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
                if let Some(session) = session.filter(|session| session.wants_refresh(now())) {
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
        plausible.then(|| [&self.prefix, id].concat())
    }

    /// Who sends this `Cookie` header, given the session that was found for it.
    pub fn shopper(&self, session: Option<Session>, cookies: &str) -> Option<Shopper> {
        let guest = || cookie::find(cookies, self.cookies.guest_name()).and_then(|it| self.key.verify(it));
        session
            .map(|session| Shopper::InSession(session.owner))
            .or_else(|| guest().map(Shopper::Guest))
    }

    /// Begins a session of `owner` and returns the two `Set-Cookie` values that hand it to the browser.
    pub async fn issue(&self, owner: Uuid) -> Result<[String; 2], SessionsError> {
        let mut random = [0; ID_BYTES];
        getrandom::fill(&mut random).map_err(|error| SessionsError::Random(error.to_string()))?;
        let id = URL_SAFE_NO_PAD.encode(random);
        let began = now();
        let session = Session {
            owner,
            kind: Kind::Guest,
            created_at: began,
            refreshed_at: began,
        };
        let key = [&self.prefix, id.as_str()].concat();
        let () = self
            .redis
            .clone()
            .set_ex(key, session.to_json(), SESSION_LIFE.as_secs())
            .await?;
        Ok([
            self.cookies.set_session(&id),
            self.cookies.set_guest(&self.key.sign(owner)),
        ])
    }

    /// A shopper nobody has seen before.
    pub fn new_guest() -> Uuid {
        Uuid::new_v4()
    }

    async fn refresh(&self, key: &str, session: Session) -> Result<(), SessionsError> {
        let refreshed = Session {
            refreshed_at: now(),
            ..session
        };
        // Only if it is still there: a session that was ended meanwhile stays ended.
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::XX)
            .with_expiration(SetExpiry::EX(SESSION_LIFE.as_secs()));
        let _: Option<String> = self
            .redis
            .clone()
            .set_options(key, refreshed.to_json(), options)
            .await?;
        Ok(())
    }
}

impl Session {
    /// Reads what Redis holds under [`Sessions::key_of`]. What cannot be read is no session.
    pub fn read(stored: &[u8]) -> Option<Self> {
        serde_json::from_slice(stored).ok()
    }

    fn wants_refresh(&self, now: u64) -> bool {
        now.saturating_sub(self.refreshed_at.max(self.created_at)) > RENEWED_AFTER
    }

    fn to_json(self) -> String {
        serde_json::to_string(&self).expect("a session has no keys or numbers that JSON cannot hold")
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

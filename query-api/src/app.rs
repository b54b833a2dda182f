//! What every route works with, and how it is built.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use read_model::{Keys, View};
use redis::AsyncCommands;
use secrecy::{ExposeSecret, SecretString};
use session::security::{self, Event};
use session::{ApiKeys, Guesses, GuestKey, LookedUp, PublishedKey, Resolved, Role, Roles, Sessions, Shopper};
use subtle::ConstantTimeEq;
use telemetry::admin::Checks;
use telemetry::client::TrustedProxies;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::asked::Asked;
use crate::board::Board;
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::feed::Feed;
use crate::keeper::Keeper;
use crate::limits::Limits;
use crate::live::places::Streams;
use crate::problem::Problem;
use crate::search::thread::Searches;
use crate::store::Store;
use crate::views::{self, CART_FIELDS, Cart, CartFields, Views};
use crate::visitor::Visitor;
use crate::wakes::Wakes;

pub struct App {
    pub views: Views,
    pub store: Store<Catalogue>,
    pub board: Store<Board>,
    pub searches: Searches,
    pub wakes: Wakes,
    pub limits: Limits,
    pub streams: Streams,
    pub trusted_proxies: TrustedProxies,
    pub heartbeat: Duration,
    /// Live streams end with it.
    pub stop: CancellationToken,
    pub sessions: Sessions,
    /// Knows the keys of order links.
    guest_key: GuestKey,
    staff_token: SecretString,
    /// At the staff token.
    guesses: Guesses,
    pub api_keys: ApiKeys,
    /// Sessions and views are in one Redis: both are then read in one round trip.
    one_redis: bool,
}

impl App {
    /// Builds everything and starts what works in the background, until `stop`.
    pub fn build(config: &Config, checks: &Checks, stop: CancellationToken) -> anyhow::Result<Arc<Self>> {
        let url = config.redis_url.expose_secret();
        let keys = Keys::new(&config.redis_prefix).context("REDIS_PREFIX cannot be used")?;
        let redis = views::connect(url).context("REDIS_URL cannot be used")?;
        let views = Views::over(redis.clone(), keys.clone());

        let elsewhere = config
            .sessions_redis_url
            .as_ref()
            .map(ExposeSecret::expose_secret);
        let elsewhere = elsewhere.filter(|sessions| !sessions.is_empty() && *sessions != url);
        let (prefix, cookies, key) = (&config.redis_prefix, config.cookies()?, config.guest_key()?);
        let guest_key = key.clone();
        let sessions = match elsewhere {
            None => Sessions::over(redis, prefix, cookies, key),
            Some(url) => {
                Sessions::connect(url, prefix, cookies, key).context("SESSIONS_REDIS_URL cannot be used")?
            }
        };
        let api_keys = ApiKeys::of(&sessions);
        if elsewhere.is_some() {
            let sessions = sessions.clone();
            checks.probed("sessions", move || {
                let sessions = sessions.clone();
                async move {
                    sessions
                        .ping()
                        .await
                        .map_err(|_| "Redis does not answer".to_owned())
                }
            });
        }

        let (store, board) = (Store::default(), Store::default());
        let (wakes, nudge) = (Wakes::default(), Arc::new(Notify::new()));
        let limits = Limits::new(config.rate_limit_per_second);
        let streams = Streams::new(config.live_streams());
        let keeper = Keeper::new(
            views.clone(),
            (store.clone(), board.clone()),
            wakes.clone(),
            Arc::clone(&nudge),
            checks,
        );
        let feed = Feed {
            client: redis::Client::open(redis_connection::server(url)?)?,
            keys,
            wakes: wakes.clone(),
            nudge,
        };
        tokio::spawn(keeper.run(stop.clone()));
        tokio::spawn(feed.run(stop.clone()));
        tokio::spawn(limits.clone().sweep(stop.clone()));

        let (heartbeat, one_redis) = (config.live_heartbeat, elsewhere.is_none());
        Ok(Arc::new(Self {
            views,
            store,
            board,
            searches: Searches::start().context("cannot start the thread that searches")?,
            wakes,
            limits,
            streams,
            trusted_proxies: config.trusted_proxies()?,
            heartbeat,
            stop,
            sessions,
            guest_key,
            staff_token: config.staff_token()?,
            guesses: Guesses::default(),
            api_keys,
            one_redis,
        }))
    }

    /// For the security events of requests.
    pub fn watch(&self) -> security::Watch {
        security::Watch::new(self.guest_key.clone(), self.trusted_proxies.clone())
    }

    /// Whose request this is; counted against the shopper's rate, or the address's if it is nobody's.
    pub async fn shopper(&self, asked: &Asked) -> Result<Uuid, Problem> {
        if let Some(bearer) = asked.bearer() {
            return match self.bearer(asked, bearer).await? {
                Bearer::ApiKey(key) if key.role == Role::Shopper => Ok(key.account),
                Bearer::ApiKey(_) | Bearer::StaffToken => Err(Problem::Forbidden),
            };
        }
        let shopper = self.resolve(asked).await?;
        self.admit(asked, shopper)
    }

    /// Whose request this is, and the cart if it is where it should be: one round trip for both. A cart
    /// that is not found here has to be looked for with [`Views::cart`].
    pub async fn shopper_and_cart(&self, asked: &Asked, id: Uuid) -> Result<(Uuid, Option<Cart>), Problem> {
        if asked.bearer().is_some() {
            return Ok((self.shopper(asked).await?, None));
        }
        let generation = self.views.current(View::Carts).await?;
        let cart = self.views.keys.cart(generation, id.as_hyphenated());
        let cookies = asked.cookies();
        let mut redis = self.views.redis.clone();
        let (resolved, fields): (_, CartFields) = match self.sessions.key_of(cookies) {
            Some(session) if self.one_redis => {
                let mut both = redis::pipe();
                both.add_command(self.sessions.look_up(&session))
                    .hmget(cart, &CART_FIELDS);
                let (looked_up, fields): (LookedUp, _) = both.query_async(&mut redis).await?;
                (self.sessions.judge(looked_up, cookies), fields)
            }
            Some(_) => {
                let fields = redis.hmget(cart, &CART_FIELDS);
                let (resolved, fields) = tokio::join!(self.sessions.resolve(cookies), fields);
                (resolved.map_err(no_sessions)?, fields?)
            }
            None => {
                let resolved = self.sessions.judge((None, None), cookies);
                self.admit(asked, believed(resolved)?)?;
                (resolved, redis.hmget(cart, &CART_FIELDS).await?)
            }
        };
        let shopper = believed(resolved)?;
        let owner = self.admit(asked, shopper)?;
        Ok((owner, Cart::of(generation, fields)))
    }

    /// Whether this is the key of the order's link.
    pub fn has_link(&self, order: Uuid, key: Option<&str>) -> bool {
        key.is_some_and(|key| self.guest_key.opens_order(order, key))
    }

    /// As whom somebody asks for an order: by its link, as staff, as a shopper, or as nobody.
    pub async fn visitor(&self, asked: &Asked, order: Uuid, key: Option<&str>) -> Result<Visitor, Problem> {
        if key.is_some() && !self.has_link(order, key) {
            security::record(Event::OrderKeyRefused, None, "");
        }
        if self.has_link(order, key) {
            return self
                .limits
                .address(asked.network())
                .map(|()| Visitor::Link(order));
        }
        if let Some(bearer) = asked.bearer() {
            return match self.bearer(asked, bearer).await {
                Ok(Bearer::StaffToken) => Ok(Visitor::Staff(None)),
                Ok(Bearer::ApiKey(key)) => Ok(match key.role {
                    Role::Staff => Visitor::Staff(None),
                    Role::Analyst => Visitor::Analyst(None),
                    Role::Shopper => Visitor::Shopper(key.account),
                    Role::Ops => Visitor::Nobody,
                }),
                // Whatever is asked for: this says nothing of it.
                Err(problem) => Err(problem),
            };
        }
        let Some(shopper) = self.resolve(asked).await? else {
            return self.limits.address(asked.network()).map(|()| Visitor::Nobody);
        };
        self.limits.shopper(shopper.owner())?;
        Ok(match shopper {
            Shopper::SignedIn { account, roles, .. } if roles.has(Role::Staff) => {
                Visitor::Staff(Some(account))
            }
            Shopper::SignedIn { account, roles, .. } if roles.has(Role::Analyst) => {
                Visitor::Analyst(Some(account))
            }
            Shopper::SignedIn { account: owner, .. } | Shopper::InSession(owner) | Shopper::Guest(owner) => {
                Visitor::Shopper(owner)
            }
        })
    }

    /// What of the shop's work is only read: staff do, and those who analyse it.
    pub async fn require_reader(&self, asked: &Asked) -> Result<(), Problem> {
        let may_read = |roles: Roles| roles.has(Role::Staff) || roles.has(Role::Analyst);
        let is_reader = if let Some(bearer) = asked.bearer() {
            match self.bearer(asked, bearer).await? {
                Bearer::StaffToken => true,
                Bearer::ApiKey(key) => may_read(Roles::default().with(key.role)),
            }
        } else {
            self.limits.address(asked.network())?;
            match self.resolve(asked).await? {
                Some(Shopper::SignedIn { roles, .. }) if may_read(roles) => true,
                Some(Shopper::SignedIn { withheld, .. }) if may_read(withheld) => {
                    return Err(Problem::SecondFactorRequired);
                }
                Some(Shopper::SignedIn { .. } | Shopper::InSession(_) | Shopper::Guest(_)) => false,
                None => return Err(Problem::NoSession),
            }
        };
        if is_reader {
            Ok(())
        } else {
            Err(Problem::Forbidden)
        }
    }

    /// What somebody bears instead of a session; counted against the address's rate, and the account's of a key.
    async fn bearer(&self, asked: &Asked, bearer: &str) -> Result<Bearer, Problem> {
        self.limits.address(asked.network())?;
        let is_staff_token = self.is_staff_token(bearer);
        if is_staff_token || !ApiKeys::is_one(bearer) {
            return self.staff_token(asked, is_staff_token);
        }
        let key = self.api_keys.find(bearer).await.map_err(no_sessions)?;
        let key = key.ok_or_else(|| {
            security::record(Event::ApiKeyRefused, None, "");
            Problem::BadApiKey
        })?;
        security::identified("api-key", Some(key.account));
        self.limits.shopper(key.account)?;
        Ok(Bearer::ApiKey(key))
    }

    /// Where it was guessed at too often, the right one is not taken, either.
    fn staff_token(&self, asked: &Asked, is_right: bool) -> Result<Bearer, Problem> {
        let (network, now) = (asked.network(), Instant::now());
        self.guesses
            .check(network, now)
            .map_err(|wait| Problem::RateLimited {
                seconds: wait.as_secs().saturating_add(1),
            })?;
        if !is_right {
            self.guesses.wrong(network, now);
            security::record(Event::StaffTokenRefused, None, "");
            return Err(Problem::BadCredentials);
        }
        security::identified("staff-token", None);
        Ok(Bearer::StaffToken)
    }

    /// Compared in constant time.
    pub fn is_staff_token(&self, bearer: &str) -> bool {
        let expected = self.staff_token.expose_secret().as_bytes();
        bearer.as_bytes().ct_eq(expected).into()
    }

    async fn resolve(&self, asked: &Asked) -> Result<Option<Shopper>, Problem> {
        let resolved = self.sessions.resolve(asked.cookies()).await;
        let shopper = believed(resolved.map_err(no_sessions)?)?;
        if let Some(Shopper::SignedIn { account, .. }) = shopper {
            security::identified("account", Some(account));
        }
        Ok(shopper)
    }

    fn admit(&self, asked: &Asked, shopper: Option<Shopper>) -> Result<Uuid, Problem> {
        match shopper.map(Shopper::owner) {
            Some(owner) => self.limits.shopper(owner).map(|()| owner),
            None => self.limits.address(asked.network()).and(Err(Problem::NoSession)),
        }
    }
}

/// A session that Redis does not vouch for is none here. The command API compares it with PostgreSQL when the client begins or keeps its
/// session, which is what the problem says to do; from then on Redis knows.
pub(crate) fn believed(resolved: Resolved) -> Result<Option<Shopper>, Problem> {
    match resolved {
        Resolved::Known(shopper) => Ok(shopper),
        Resolved::Unconfirmed(_) => Err(Problem::NoSession),
    }
}

enum Bearer {
    StaffToken,
    ApiKey(PublishedKey),
}

pub(crate) fn no_sessions(error: session::SessionsError) -> Problem {
    match error {
        session::SessionsError::Unavailable(cause) => Problem::Unavailable(cause),
        other @ session::SessionsError::Random(_) => Problem::Internal(other.to_string()),
    }
}

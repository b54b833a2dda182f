//! What every route works with, and how it is built.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use read_model::{Keys, View};
use redis::AsyncCommands;
use secrecy::{ExposeSecret, SecretString};
use session::{ApiKeys, GuestKey, PublishedKey, Role, Session, Sessions, Shopper};
use subtle::ConstantTimeEq;
use telemetry::admin::Checks;
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
use crate::problem::Problem;
use crate::store::Store;
use crate::views::{self, CART_FIELDS, Cart, CartFields, Views};
use crate::visitor::Visitor;
use crate::wakes::Wakes;

pub struct App {
    pub views: Views,
    pub store: Store<Catalogue>,
    pub board: Store<Board>,
    pub wakes: Wakes,
    pub limits: Limits,
    pub heartbeat: Duration,
    /// Live streams end with it.
    pub stop: CancellationToken,
    pub sessions: Sessions,
    /// Knows the keys of order links.
    guest_key: GuestKey,
    staff_token: SecretString,
    api_keys: ApiKeys,
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
        let (prefix, cookies, key) = (&config.redis_prefix, config.cookies(), config.guest_key()?);
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
        let limits = Limits::new(config.rate_limit_per_second, config.live_streams_limit);
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
            wakes,
            limits,
            heartbeat,
            stop,
            sessions,
            guest_key,
            staff_token: config.staff_token()?,
            api_keys,
            one_redis,
        }))
    }

    /// Whose request this is; counted against the shopper's rate, or the address's if it is nobody's.
    pub async fn shopper(&self, asked: &Asked) -> Result<Uuid, Problem> {
        if let Some(bearer) = asked.bearer() {
            return match self.bearer(asked, bearer).await? {
                Bearer::ApiKey(key) if key.role == Role::Shopper => Ok(key.account),
                Bearer::ApiKey(_) | Bearer::StaffToken => Err(Problem::Forbidden),
            };
        }
        let shopper = self
            .sessions
            .resolve(asked.cookies())
            .await
            .map_err(no_sessions)?;
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
        let (shopper, fields): (_, CartFields) = match self.sessions.key_of(cookies) {
            Some(session) if self.one_redis => {
                let mut both = redis::pipe();
                both.get(session).hmget(cart, &CART_FIELDS);
                let (stored, fields): (Option<Vec<u8>>, _) = both.query_async(&mut redis).await?;
                let session = stored.as_deref().and_then(Session::read);
                (self.sessions.shopper(session, cookies), fields)
            }
            Some(_) => {
                let fields = redis.hmget(cart, &CART_FIELDS);
                let (shopper, fields) = tokio::join!(self.sessions.resolve(cookies), fields);
                (shopper.map_err(no_sessions)?, fields?)
            }
            None => {
                let shopper = self.sessions.shopper(None, cookies);
                (
                    Some(Shopper::Guest(self.admit(asked, shopper)?)),
                    redis.hmget(cart, &CART_FIELDS).await?,
                )
            }
        };
        let owner = self.admit(asked, shopper)?;
        Ok((owner, Cart::of(generation, fields)))
    }

    /// As whom somebody asks for an order: by its link, as staff, as a shopper, or as nobody.
    pub async fn visitor(&self, asked: &Asked, order: Uuid, key: Option<&str>) -> Result<Visitor, Problem> {
        let has_link = key.is_some_and(|key| self.guest_key.opens_order(order, key));
        if has_link {
            return self.limits.address(asked.network()).map(|()| Visitor::Link);
        }
        if let Some(bearer) = asked.bearer() {
            return match self.bearer(asked, bearer).await {
                Ok(Bearer::StaffToken) => Ok(Visitor::Staff(None)),
                Ok(Bearer::ApiKey(key)) => Ok(match key.role {
                    Role::Staff => Visitor::Staff(None),
                    Role::Shopper => Visitor::Shopper(key.account),
                    Role::Analyst | Role::Ops => Visitor::Nobody,
                }),
                // To whom an order is not shown, it does not exist: also to those who guess at bearers.
                Err(Problem::Forbidden | Problem::BadApiKey) => Ok(Visitor::Nobody),
                Err(other) => Err(other),
            };
        }
        let shopper = self
            .sessions
            .resolve(asked.cookies())
            .await
            .map_err(no_sessions)?;
        let Some(shopper) = shopper else {
            return self.limits.address(asked.network()).map(|()| Visitor::Nobody);
        };
        self.limits.shopper(shopper.owner())?;
        Ok(match shopper {
            Shopper::SignedIn { account, roles, .. } if roles.has(Role::Staff) => {
                Visitor::Staff(Some(account))
            }
            Shopper::SignedIn { account: owner, .. } | Shopper::InSession(owner) | Shopper::Guest(owner) => {
                Visitor::Shopper(owner)
            }
        })
    }

    pub async fn require_staff(&self, asked: &Asked) -> Result<(), Problem> {
        let is_staff = if let Some(bearer) = asked.bearer() {
            match self.bearer(asked, bearer).await? {
                Bearer::StaffToken => true,
                Bearer::ApiKey(key) => key.role == Role::Staff,
            }
        } else {
            self.limits.address(asked.network())?;
            let shopper = self.sessions.resolve(asked.cookies()).await;
            match shopper.map_err(no_sessions)? {
                Some(Shopper::SignedIn { roles, .. }) => roles.has(Role::Staff),
                Some(Shopper::InSession(_) | Shopper::Guest(_)) | None => false,
            }
        };
        if is_staff { Ok(()) } else { Err(Problem::Forbidden) }
    }

    /// What somebody bears instead of a session; counted against the address's rate, and the account's of a key.
    async fn bearer(&self, asked: &Asked, bearer: &str) -> Result<Bearer, Problem> {
        self.limits.address(asked.network())?;
        let expected = self.staff_token.expose_secret().as_bytes();
        if bool::from(bearer.as_bytes().ct_eq(expected)) {
            return Ok(Bearer::StaffToken);
        }
        if !ApiKeys::is_one(bearer) {
            return Err(Problem::Forbidden);
        }
        let key = self.api_keys.find(bearer).await.map_err(no_sessions)?;
        let key = key.ok_or(Problem::BadApiKey)?;
        self.limits.shopper(key.account)?;
        Ok(Bearer::ApiKey(key))
    }

    fn admit(&self, asked: &Asked, shopper: Option<Shopper>) -> Result<Uuid, Problem> {
        match shopper.map(Shopper::owner) {
            Some(owner) => self.limits.shopper(owner).map(|()| owner),
            None => self.limits.address(asked.network()).and(Err(Problem::NoSession)),
        }
    }
}

enum Bearer {
    StaffToken,
    ApiKey(PublishedKey),
}

fn no_sessions(error: session::SessionsError) -> Problem {
    match error {
        session::SessionsError::Unavailable(cause) => Problem::Unavailable(cause),
        other @ session::SessionsError::Random(_) => Problem::Internal(other.to_string()),
    }
}

//! Who sends a request, and so what is theirs to do: a guest, an account, an API key, or staff's own token.
//!
//! Every route asks here, through [`Received`]. What somebody else may not see is for the route to say.

use std::fmt;
use std::time::Instant;

use domain::OwnerId;
use event_store::contacts::Owner;
use secrecy::ExposeSecret;
use session::security::{self, Event};
use session::{ApiKeys, Resolved, Role, Roles, Shopper};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::accounts::epoch;
use crate::error::Problem;
use crate::request::Received;
use crate::router::App;

/// In whose name something is done: owns the idempotency keys, and events say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub owner: Uuid,
    pub actor: Actor,
}

impl Who {
    /// An account that does not say so by a session: it just signed in, or opened a link.
    pub const fn customer(account: Uuid) -> Self {
        Self {
            owner: account,
            actor: Actor::Customer,
        }
    }
}

/// As events name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    Guest,
    /// Somebody who is signed in, or whose API key it is.
    Customer,
    /// Whoever has the link of an order.
    OrderLink,
    /// The configured token: nobody in particular.
    Staff,
    /// One of staff, by account.
    StaffMember(Uuid),
}

impl Actor {
    pub const fn is_staff(self) -> bool {
        match self {
            Self::Staff | Self::StaffMember(_) => true,
            Self::Guest | Self::Customer | Self::OrderLink => false,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Guest => f.write_str("guest"),
            Self::Customer => f.write_str("customer"),
            Self::OrderLink => f.write_str("order-link"),
            Self::Staff => f.write_str("staff"),
            Self::StaffMember(account) => write!(f, "staff:{account}"),
        }
    }
}

/// Whoever sends a request.
#[derive(Clone, Debug)]
pub struct Identity {
    pub owner: OwnerId,
    pub roles: Roles,
    /// Roles of the account that count once it has shown a second factor.
    pub withheld: Roles,
    /// A guest has none.
    pub account: Option<Uuid>,
    /// Of the account, when its session began. API keys have none: they end by themselves.
    pub epoch: Option<i32>,
}

impl Identity {
    pub const fn is_guest(&self) -> bool {
        self.account.is_none() && self.roles.has(Role::Shopper)
    }

    /// As somebody who shops.
    pub const fn who(&self) -> Who {
        let actor = match self.account {
            Some(_) => Actor::Customer,
            None => Actor::Guest,
        };
        Who {
            owner: self.owner.uuid(),
            actor,
        }
    }

    /// Whose what they give is.
    pub const fn gives(&self) -> Owner {
        match self.account {
            Some(account) => Owner::Account(account),
            None => Owner::Guest(self.owner.uuid()),
        }
    }

    /// As somebody with `role`, if this is one.
    pub const fn acting_as(&self, role: Role) -> Option<Who> {
        if !self.roles.has(role) {
            return None;
        }
        let actor = match self.account {
            Some(account) => Actor::StaffMember(account),
            None => Actor::Staff,
        };
        Some(Who {
            owner: self.owner.uuid(),
            actor,
        })
    }
}

impl App {
    /// Who sends this `Cookie` header. A session that Redis vouches for no more is compared with PostgreSQL.
    ///
    /// # Errors
    /// Sessions cannot be read.
    pub async fn shopper(&self, cookies: &str) -> Result<Option<Shopper>, Problem> {
        match self.sessions.resolve(cookies).await? {
            Resolved::Known(shopper) => Ok(shopper),
            Resolved::Unconfirmed(claim) => {
                let confirmed = epoch::confirm(&self.accounts.pool, &self.sessions, claim).await?;
                if confirmed.is_none() {
                    self.sessions.end(cookies).await?;
                }
                Ok(confirmed)
            }
        }
    }

    /// Counts a request of somebody who is known. A guest's was counted when they became known ([`Received::identity`]).
    ///
    /// # Errors
    /// There were too many.
    pub fn count(&self, identity: &Identity) -> Result<(), Problem> {
        if identity.is_guest() {
            return Ok(());
        }
        self.limits.check_shopper(identity.owner.uuid())
    }

    /// The same where only shoppers are let in.
    ///
    /// # Errors
    /// As [`App::count`]; 403 for a key that is not a shopper's.
    pub fn count_of_shopper(&self, identity: &Identity) -> Result<(), Problem> {
        if !identity.roles.has(Role::Shopper) {
            return Err(Problem::wrong_role(Role::Shopper));
        }
        self.count(identity)
    }
}

impl Received {
    /// Whoever sends this. None where it is nobody: no session, no guest cookie, no credentials. A guest's request is counted, whatever it
    /// is for; of others those are that shop ([`Self::shopper`]).
    ///
    /// # Errors
    /// Credentials that are none; sessions that cannot be read; too many requests of a guest, or of all guests of one network.
    pub async fn identity(&self, app: &App) -> Result<Option<Identity>, Problem> {
        if let Some(sent) = self.credentials() {
            return self.bearer(app, sent).await.map(Some);
        }
        let identity = self.cookie_identity(app).await?;
        if let Some(guest) = identity.as_ref().filter(|identity| identity.is_guest()) {
            app.limits.check_guest(guest.owner.uuid(), self.network())?;
        }
        Ok(identity)
    }

    /// Whoever the cookies say, whatever else the request bears. Not counted: for what has limits of its own.
    ///
    /// # Errors
    /// Sessions that cannot be read.
    pub async fn cookie_identity(&self, app: &App) -> Result<Option<Identity>, Problem> {
        let found = app.shopper(self.cookies()).await?;
        let identity = match found {
            Some(Shopper::InSession(owner) | Shopper::Guest(owner)) => Some(Identity {
                owner: OwnerId::new(owner),
                roles: Roles::SHOPPER,
                withheld: Roles::default(),
                account: None,
                epoch: None,
            }),
            Some(Shopper::SignedIn {
                account,
                roles,
                withheld,
                epoch,
            }) => Some(Identity {
                owner: OwnerId::new(account),
                roles,
                withheld,
                account: Some(account),
                epoch: Some(epoch),
            }),
            None => None,
        };
        if let Some(Identity { account, .. }) = identity {
            security::identified(account.map_or("guest", |_| "account"), account);
        }
        Ok(identity)
    }

    async fn bearer(&self, app: &App, sent: &str) -> Result<Identity, Problem> {
        let token = session::bearer(sent).ok_or_else(Problem::bad_credentials)?;
        let staff = app.staff_token.expose_secret();
        let is_staff_token = bool::from(token.as_bytes().ct_eq(staff.as_bytes()));
        if is_staff_token || !ApiKeys::is_one(token) {
            return self.staff_token(app, is_staff_token);
        }
        // Whoever guesses keys is told to slow down before long.
        app.limits.check_new_session(self.network())?;
        let key = app.api_keys.find(token).await?;
        let key = key.ok_or_else(|| {
            security::record(Event::ApiKeyRefused, None, "");
            Problem::bad_api_key()
        })?;
        security::identified("api-key", Some(key.account));
        Ok(Identity {
            owner: OwnerId::new(key.account),
            roles: Roles::default().with(key.role),
            withheld: Roles::default(),
            account: Some(key.account),
            epoch: None,
        })
    }

    /// The token stands for the roles that scripts need. Where it was guessed at too often, the right one is not taken, either.
    fn staff_token(&self, app: &App, is_right: bool) -> Result<Identity, Problem> {
        let (network, now) = (self.network(), Instant::now());
        app.guesses.check(network, now).map_err(|wait| {
            let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
            Problem::rate_limited(seconds.saturating_add(1))
        })?;
        if !is_right {
            app.guesses.wrong(network, now);
            security::record(Event::StaffTokenRefused, None, "");
            return Err(Problem::bad_credentials());
        }
        security::identified("staff-token", None);
        Ok(Identity {
            owner: OwnerId::new(Uuid::nil()),
            roles: Roles::default().with(Role::Staff).with(Role::Ops),
            withheld: Roles::default(),
            account: None,
            epoch: None,
        })
    }

    /// Whoever shops. The request is counted.
    ///
    /// # Errors
    /// Nobody does; there were too many requests.
    pub async fn shopper(&self, app: &App) -> Result<Identity, Problem> {
        let identity = self.identity(app).await?.ok_or_else(Problem::no_session)?;
        app.count_of_shopper(&identity)?;
        Ok(identity)
    }

    /// # Errors
    /// Whoever sends this is not of staff.
    pub async fn require_staff(&self, app: &App) -> Result<Who, Problem> {
        self.require(app, Role::Staff).await
    }

    /// What of the shop's work is only read: staff do, and those who analyse it.
    ///
    /// # Errors
    /// Whoever sends this is neither.
    pub async fn require_reader(&self, app: &App) -> Result<(), Problem> {
        let identity = self.identity(app).await?.ok_or_else(Problem::not_signed_in)?;
        let readers = [Role::Staff, Role::Analyst];
        if readers.into_iter().any(|role| identity.roles.has(role)) {
            return Ok(());
        }
        let withheld = readers.into_iter().find(|role| identity.withheld.has(*role));
        Err(withheld.map_or_else(Problem::forbidden, Problem::second_factor_required))
    }

    /// # Errors
    /// Whoever sends this does not run the shop.
    pub async fn require_ops(&self, app: &App) -> Result<Who, Problem> {
        self.require(app, Role::Ops).await
    }

    /// # Errors
    /// Nobody sends this, or somebody who does not have the role.
    pub async fn require(&self, app: &App, role: Role) -> Result<Who, Problem> {
        let identity = self.identity(app).await?.ok_or_else(Problem::not_signed_in)?;
        if identity.withheld.has(role) {
            return Err(Problem::second_factor_required(role));
        }
        identity.acting_as(role).ok_or_else(|| match role {
            Role::Staff => Problem::forbidden(),
            Role::Shopper | Role::Analyst | Role::Ops => Problem::wrong_role(role),
        })
    }
}

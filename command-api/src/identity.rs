//! Who sends a request, and so what is theirs to do: a guest, an account, an API key, or staff's own token.
//!
//! Every route asks here, through [`Received`]. What somebody else may not see is for the route to say.

use std::fmt;

use axum::http::header;
use domain::OwnerId;
use secrecy::ExposeSecret;
use session::{ApiKeys, Role, Roles, Shopper};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::error::Problem;
use crate::request::Received;
use crate::router::App;

/// In whose name something is done: owns the idempotency keys, and events say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub owner: Uuid,
    pub actor: Actor,
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
    /// A guest has none.
    pub account: Option<Uuid>,
    /// Of a new session, where the old one was lost.
    pub cookies: Option<[String; 2]>,
}

impl Identity {
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

impl Received {
    /// Whoever sends this. None where it is nobody: no session, no guest cookie, no credentials.
    ///
    /// # Errors
    /// Credentials that are none; sessions that cannot be read.
    pub async fn identity(&self, app: &App) -> Result<Option<Identity>, Problem> {
        if let Some(sent) = self.text(&header::AUTHORIZATION) {
            return self.bearer(app, sent).await.map(Some);
        }
        self.cookie_identity(app).await
    }

    /// Whoever the cookies say, whatever else the request bears.
    ///
    /// # Errors
    /// Sessions that cannot be read.
    pub async fn cookie_identity(&self, app: &App) -> Result<Option<Identity>, Problem> {
        let found = app.sessions.resolve(self.cookies()).await?;
        let guest = |owner, cookies| Identity {
            owner: OwnerId::new(owner),
            roles: Roles::SHOPPER,
            account: None,
            cookies,
        };
        Ok(match found {
            Some(Shopper::InSession(owner)) => Some(guest(owner, None)),
            Some(Shopper::Guest(owner)) => Some(guest(owner, Some(app.sessions.issue(owner).await?))),
            Some(Shopper::SignedIn { account, roles }) => Some(Identity {
                owner: OwnerId::new(account),
                roles,
                account: Some(account),
                cookies: None,
            }),
            None => None,
        })
    }

    async fn bearer(&self, app: &App, sent: &str) -> Result<Identity, Problem> {
        let token = sent.strip_prefix("Bearer ").unwrap_or_default();
        let staff = app.staff_token.expose_secret();
        if bool::from(token.as_bytes().ct_eq(staff.as_bytes())) {
            return Ok(Identity {
                owner: OwnerId::new(Uuid::nil()),
                roles: Roles::default().with(Role::Staff).with(Role::Ops),
                account: None,
                cookies: None,
            });
        }
        if !ApiKeys::is_one(token) {
            return Err(Problem::forbidden());
        }
        // Whoever guesses keys is told to slow down before long.
        app.limits.check_new_session(self.network())?;
        let key = app.api_keys.find(token).await?;
        let key = key.ok_or_else(Problem::bad_api_key)?;
        Ok(Identity {
            owner: OwnerId::new(key.account),
            roles: Roles::default().with(key.role),
            account: Some(key.account),
            cookies: None,
        })
    }

    /// Whoever shops.
    ///
    /// # Errors
    /// Nobody does.
    pub async fn shopper(&self, app: &App) -> Result<Identity, Problem> {
        match self.identity(app).await? {
            Some(identity) if identity.roles.has(Role::Shopper) => Ok(identity),
            Some(_) => Err(Problem::wrong_role(Role::Shopper)),
            None => Err(Problem::no_session()),
        }
    }

    /// # Errors
    /// Whoever sends this is not of staff.
    pub async fn require_staff(&self, app: &App) -> Result<Who, Problem> {
        self.require(app, Role::Staff).await
    }

    /// # Errors
    /// Whoever sends this does not have the role.
    pub async fn require(&self, app: &App, role: Role) -> Result<Who, Problem> {
        let identity = self.identity(app).await?;
        identity
            .and_then(|identity| identity.acting_as(role))
            .ok_or_else(|| match role {
                Role::Staff => Problem::forbidden(),
                Role::Shopper | Role::Analyst | Role::Ops => Problem::wrong_role(role),
            })
    }
}

//! By what right somebody reads a live stream, and whether they still have it.
//!
//! A stream is open for up to an hour. Meanwhile a session ends, a key is revoked or expires, a role is taken away: then the stream ends,
//! within a few seconds, and whoever comes back is asked again who they are.

use session::{Resolved, Role, Shopper};
use uuid::Uuid;

use crate::app::App;
use crate::asked::Asked;
use crate::visitor::Visitor;

/// What a stream was opened with, and as whom.
pub struct Right {
    credentials: Credentials,
    /// What has to be so for as long as the stream is open.
    needs: Needs,
}

enum Credentials {
    Bearer(String),
    /// The session's and the guest's alone: thousands of streams are open for an hour each.
    Cookies(String),
    /// A link opens its order for 400 days. One that expires while a stream is open leaves it the rest of its hour.
    None,
}

#[derive(Clone, Copy)]
enum Needs {
    /// To be this one, as somebody who shops.
    Owner(Uuid),
    Role(Role),
    Nothing,
}

/// What is known of a right at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Held,
    Lost,
    /// Redis does not answer.
    Unknown,
}

impl Right {
    pub fn of_shopper(app: &App, asked: &Asked, owner: Uuid) -> Self {
        Self::by(app, asked, Needs::Owner(owner))
    }

    /// Of whoever reads an order. Whether it is theirs to see as it is now, the stream looks itself.
    pub fn of_visitor(app: &App, asked: &Asked, visitor: Visitor) -> Self {
        match visitor {
            Visitor::Staff(_) => Self::by(app, asked, Needs::Role(Role::Staff)),
            Visitor::Analyst(_) => Self::by(app, asked, Needs::Role(Role::Analyst)),
            Visitor::Shopper(owner) => Self::by(app, asked, Needs::Owner(owner)),
            Visitor::Link(_) | Visitor::Nobody => Self {
                credentials: Credentials::None,
                needs: Needs::Nothing,
            },
        }
    }

    fn by(app: &App, asked: &Asked, needs: Needs) -> Self {
        let credentials = match asked.bearer() {
            Some(bearer) => Credentials::Bearer(bearer.to_owned()),
            None => Credentials::Cookies(app.sessions.credentials(asked.cookies())),
        };
        Self { credentials, needs }
    }

    /// Looked up anew, without keeping the session alive by it.
    pub async fn standing(&self, app: &App) -> Standing {
        let holds = match &self.credentials {
            Credentials::None => return Standing::Held,
            Credentials::Bearer(bearer) if app.is_staff_token(bearer) => {
                return held(matches!(self.needs, Needs::Role(Role::Staff)));
            }
            Credentials::Bearer(bearer) => app.api_keys.find(bearer).await.map(|key| {
                key.is_some_and(|key| match self.needs {
                    Needs::Owner(owner) => key.role == Role::Shopper && key.account == owner,
                    Needs::Role(role) => key.role == role,
                    Needs::Nothing => true,
                })
            }),
            Credentials::Cookies(cookies) => app.sessions.look(cookies).await.map(|found| match found {
                Resolved::Known(Some(shopper)) => self.is_of(shopper),
                Resolved::Known(None) | Resolved::Unconfirmed(_) => false,
            }),
        };
        match holds {
            Ok(holds) => held(holds),
            Err(error) => {
                tracing::debug!(%error, "whether a live stream may go on cannot be found out");
                Standing::Unknown
            }
        }
    }

    fn is_of(&self, shopper: Shopper) -> bool {
        match (self.needs, shopper) {
            (Needs::Owner(owner), _) => shopper.owner() == owner,
            (Needs::Role(role), Shopper::SignedIn { roles, .. }) => roles.has(role),
            (Needs::Role(_), Shopper::InSession(_) | Shopper::Guest(_)) => false,
            (Needs::Nothing, _) => true,
        }
    }
}

const fn held(holds: bool) -> Standing {
    if holds { Standing::Held } else { Standing::Lost }
}

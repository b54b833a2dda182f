//! How sessions begin and end.

use redis::AsyncCommands;
use uuid::Uuid;

use crate::cookie;
use crate::role::Roles;
use crate::store::{Kind, Session, Sessions, SessionsError, now};

/// A name of a device is shown in a list, not more.
const MAX_DEVICE: usize = 60;

impl Sessions {
    /// Begins a session of the guest `owner` and returns the two `Set-Cookie` values that hand it to the browser.
    pub async fn issue(&self, owner: Uuid) -> Result<[String; 2], SessionsError> {
        let session = begun(owner, Kind::Guest);
        let id = self.store(&session).await?;
        Ok([
            self.cookies.set_session(&id),
            self.cookies.set_guest(&self.key.sign(owner)),
        ])
    }

    /// Begins a session of `account`, ends the one that `cookies` names, and returns the `Set-Cookie` values: from now on
    /// the browser is nobody's guest.
    pub async fn sign_in(
        &self,
        cookies: &str,
        account: Uuid,
        roles: Roles,
        device: &str,
    ) -> Result<[String; 2], SessionsError> {
        let session = Session {
            roles,
            device: device.chars().take(MAX_DEVICE).collect(),
            ..begun(account, Kind::Account)
        };
        let id = self.store(&session).await?;
        self.index(account, &id).await?;
        // A new id at sign-in: whoever knew the old one knows nothing.
        self.end(cookies).await?;
        Ok([self.cookies.set_session(&id), self.cookies.forget_guest()])
    }

    /// Ends the session that `cookies` names, and returns the `Set-Cookie` values that make the browser forget it.
    pub async fn end(&self, cookies: &str) -> Result<[String; 2], SessionsError> {
        if let Some(id) = self.id_of(cookies) {
            self.end_by_id(id).await?;
        }
        Ok([self.cookies.forget_session(), self.cookies.forget_guest()])
    }

    pub(crate) fn id_of<'c>(&self, cookies: &'c str) -> Option<&'c str> {
        self.key_of(cookies)?;
        cookie::find(cookies, self.cookies.session_name())
    }

    pub(crate) async fn end_by_id(&self, id: &str) -> Result<(), SessionsError> {
        let stored: Option<Vec<u8>> = self.redis.clone().get_del(self.key_of_id(id)).await?;
        if let Some(session) = stored.as_deref().and_then(Session::read) {
            self.unindex(session.owner, id).await?;
        }
        Ok(())
    }

    async fn store(&self, session: &Session) -> Result<String, SessionsError> {
        let id = crate::secret()?;
        let life = session.seconds_to_live(now());
        let () = self
            .redis
            .clone()
            .set_ex(self.key_of_id(&id), session.to_json(), life)
            .await?;
        Ok(id)
    }
}

fn begun(owner: Uuid, kind: Kind) -> Session {
    let began = now();
    Session {
        owner,
        kind,
        created_at: began,
        refreshed_at: began,
        roles: Roles::default(),
        device: String::new(),
    }
}

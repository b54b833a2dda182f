//! How sessions begin and end.

use redis::AsyncCommands;
use uuid::Uuid;

use crate::role::Roles;
use crate::store::{Kind, Session, Sessions, SessionsError, hash, now};

/// A name of a device is shown in a list, not more.
const MAX_DEVICE: usize = 60;

/// An account as it is when it signs in.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub account: Uuid,
    pub roles: Roles,
    pub epoch: i32,
    /// It has shown one. Without it the session is worth no role but the shopper's.
    pub second_factor: bool,
}

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

    /// Begins a session of an account, ends the one that `cookies` names, and returns the `Set-Cookie` values: from now on
    /// the browser is nobody's guest, and one that the account signed in with. Of more than
    /// [`MOST_SESSIONS`](crate::MOST_SESSIONS) the oldest end.
    ///
    /// The epoch is published as it is here: who calls this looks afterwards whether it still is the account's. And first they store
    /// what this ends ([`Self::ended_by_sign_in`]).
    pub async fn sign_in(
        &self,
        cookies: &str,
        member: Member,
        device: &str,
    ) -> Result<[String; 3], SessionsError> {
        let Member {
            account,
            roles,
            epoch,
            second_factor,
        } = member;
        let session = Session {
            roles,
            epoch: Some(epoch),
            second_factor,
            device: device.chars().take(MAX_DEVICE).collect(),
            ..begun(account, Kind::Account)
        };
        let id = self.store(&session).await?;
        self.index(account, &hash(&id)).await?;
        self.replace_epoch(account, epoch).await?;
        // A new id at sign-in: whoever knew the old one knows nothing.
        self.end(cookies).await?;
        Ok([
            self.cookies.set_session(&id),
            self.cookies.forget_guest(),
            self.remember_browser(account, epoch)?,
        ])
    }

    /// Ends the session that `cookies` names, and returns the `Set-Cookie` values that make the browser forget it. Where its epoch goes
    /// on ([`Self::named`]), that it ends was stored first.
    pub async fn end(&self, cookies: &str) -> Result<[String; 2], SessionsError> {
        if let Some(id) = self.id_of(cookies) {
            self.end_by_hash(&hash(id)).await?;
        }
        Ok(self.forget_cookies())
    }

    /// The `Set-Cookie` values that make a browser forget its session, and whose guest it is. For a session that has ended otherwise.
    pub fn forget_cookies(&self) -> [String; 2] {
        [self.cookies.forget_session(), self.cookies.forget_guest()]
    }

    pub(crate) async fn end_by_hash(&self, hash: &str) -> Result<(), SessionsError> {
        let stored: Option<Vec<u8>> = self.redis.clone().get_del(self.key_of_hash(hash)).await?;
        if let Some(session) = stored.as_deref().and_then(Session::read) {
            self.unindex(session.owner, hash).await?;
        }
        Ok(())
    }

    async fn store(&self, session: &Session) -> Result<String, SessionsError> {
        let id = crate::secret()?;
        let life = session.seconds_to_live(now());
        let () = self
            .redis
            .clone()
            .set_ex(self.key_of_hash(&hash(&id)), session.to_json(), life)
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
        epoch: None,
        second_factor: false,
        device: String::new(),
    }
}

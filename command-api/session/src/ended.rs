//! Sessions of accounts that end while their epoch goes on, by the hash under which they are kept.
//!
//! Redis alone does not remember that: one that comes back with less than it had has such a session again. So the command API stores in
//! PostgreSQL that a session ends before it calls anything here that ends it, and calls [`Sessions::end_these`] once more before it
//! publishes an epoch to a process of Redis that was not told it yet (docs/decisions/0018).

use redis::AsyncCommands;
use uuid::Uuid;

use crate::listing::{MOST_SESSIONS, handle};
use crate::store::{Kind, Session, Sessions, SessionsError, digest};

/// Sessions that are ended together.
const AT_ONCE: usize = 250;

/// A session of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedSession {
    pub account: Uuid,
    /// SHA-256 of its id.
    pub hash: [u8; 32],
}

impl NamedSession {
    fn read(account: Uuid, hash: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(hash, &mut bytes).ok()?;
        Some(Self { account, hash: bytes })
    }
}

impl Sessions {
    /// The session that `cookies` names, where it is one of an account.
    pub async fn named(&self, cookies: &str) -> Result<Option<NamedSession>, SessionsError> {
        let Some(hash) = self.id_of(cookies).map(digest) else {
            return Ok(None);
        };
        let key = self.key_of_hash(&hex::encode(hash));
        let stored: Option<Vec<u8>> = self.redis.clone().get(key).await?;
        let session = stored.as_deref().and_then(Session::read);
        let session = session.filter(|session| session.kind == Kind::Account);
        Ok(session.map(|session| NamedSession {
            account: session.owner,
            hash,
        }))
    }

    /// The session of `account` that its list shows under this handle.
    pub async fn by_handle(&self, account: Uuid, named: &str) -> Result<Option<NamedSession>, SessionsError> {
        let sessions = self.of(account).await?;
        let found = sessions.iter().find(|hash| handle(hash) == named);
        Ok(found.and_then(|hash| NamedSession::read(account, hash)))
    }

    /// The sessions that [`Self::sign_in`] ends: the one that `cookies` names, and the oldest of an account that has as many as it may.
    pub async fn ended_by_sign_in(
        &self,
        cookies: &str,
        account: Uuid,
    ) -> Result<Vec<NamedSession>, SessionsError> {
        let mut ended: Vec<NamedSession> = self.named(cookies).await?.into_iter().collect();
        let oldest = self.of(account).await?;
        let too_many = (oldest.len() + 1).saturating_sub(MOST_SESSIONS);
        let oldest = oldest.iter().take(too_many);
        ended.extend(oldest.filter_map(|hash| NamedSession::read(account, hash)));
        Ok(ended)
    }

    /// Ends these, those that Redis does not have as well.
    pub async fn end_these(&self, ended: &[NamedSession]) -> Result<(), SessionsError> {
        for some in ended.chunks(AT_ONCE) {
            let mut commands = redis::pipe();
            for NamedSession { account, hash } in some {
                let hash = hex::encode(hash);
                commands.del(self.key_of_hash(&hash)).ignore();
                commands.zrem(self.place(*account), hash).ignore();
            }
            let () = commands.query_async(&mut self.redis.clone()).await?;
        }
        Ok(())
    }
}

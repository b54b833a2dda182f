//! An account's epoch, as both APIs know it: `epoch:{account}` in Redis, told by the command API from PostgreSQL.
//!
//! A session of an account carries the epoch in which it began, and is looked up together with the published one in a single round trip.
//! Another epoch: the session has ended, whether or not Redis knows of that. None that can be believed ([`crate::told`]): it
//! is a [`Claim`], which the command API compares with PostgreSQL, and nobody else believes.

use redis::Cmd;
use uuid::Uuid;

use crate::role::Roles;
use crate::store::{LONGEST_LIFE, Sessions, SessionsError, Shopper};
use crate::told;

/// KEYS: the session. ARGV: what stands before an account's id in the key of its epoch. Gives the session, and for an account's the epoch
/// that this process of Redis was told.
const LOOK_UP: &str = "local session = redis.call('get', KEYS[1])
if not session or not string.find(session, '\"kind\":\"account\"', 1, true) then return {session, false} end
local by, epoch = string.match(redis.call('get', ARGV[1] .. cjson.decode(session).owner) or '', '^(%x+) (%d+)$')
if by and by == string.match(redis.call('info', 'server'), 'run_id:(%x+)') then return {session, epoch} end
return {session, false}";

/// As the script answers.
pub type LookedUp = (Option<Vec<u8>>, Option<i32>);

/// Says of itself that it is an account's session, of the epoch that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub account: Uuid,
    /// SHA-256 of the session's id: it may have ended by itself, while the epoch went on ([`crate::NamedSession`]).
    pub hash: [u8; 32],
    pub epoch: i32,
    pub(crate) roles: Roles,
    pub(crate) second_factor: bool,
}

impl Claim {
    /// Whose session it is, once its epoch is known to be the account's present one: roles change with the epoch.
    pub const fn shopper(self) -> Shopper {
        let (roles, withheld) = self.roles.counting(self.second_factor);
        Shopper::SignedIn {
            account: self.account,
            roles,
            withheld,
            epoch: self.epoch,
        }
    }
}

impl Sessions {
    /// Says what the epochs of accounts are. One that was published as later stays. From now on the accounts' sessions of these epochs are
    /// believed: those that ended by themselves are ended first ([`Self::end_these`]).
    pub async fn publish_epochs(&self, epochs: &[(Uuid, i32)]) -> Result<(), SessionsError> {
        let told: Vec<(String, String)> = epochs
            .iter()
            .map(|(account, epoch)| (self.place_of_epoch(*account), epoch.to_string()))
            .collect();
        told::tell_newest(&self.redis, &told, LONGEST_LIFE).await
    }

    /// The same, also where a later one was published: PostgreSQL may have been restored to an earlier time. Only for who compares with
    /// PostgreSQL once more afterwards.
    pub(crate) async fn replace_epoch(&self, account: Uuid, epoch: i32) -> Result<(), SessionsError> {
        let told = [(self.place_of_epoch(account), epoch.to_string())];
        told::tell(&self.redis, &told, LONGEST_LIFE).await
    }

    /// Whether this process of Redis was told an epoch of the account: then its sessions are believed, or are over.
    pub async fn knows_epoch(&self, account: Uuid) -> Result<bool, SessionsError> {
        let told = told::believed(&self.redis, &self.place_of_epoch(account)).await?;
        Ok(told.is_some())
    }

    /// The command that looks a session up, for a pipeline. [`Self::judge`] understands the answer.
    pub fn look_up(&self, session: &str) -> Cmd {
        let mut command = redis::cmd("EVAL");
        command.arg(LOOK_UP).arg(1).arg(session).arg(self.key("epoch:"));
        command
    }

    fn place_of_epoch(&self, account: Uuid) -> String {
        self.key(&format!("epoch:{account}"))
    }
}

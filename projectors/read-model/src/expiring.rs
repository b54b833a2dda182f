//! Removing what expires part by part, and prolonging what other documents depend on.
//!
//! Called by the projectors. Keys that expire as a whole are Redis's own business: see [`crate::life`].

use domain::OwnerId;
use redis::RedisResult;
use time::OffsetDateTime;

use crate::keys::Generation;
use crate::order::StateList;
use crate::store::Store;

impl Store {
    /// Takes up to `most` orders out of all lists whose time is over, and says how many those were.
    pub async fn unlist_expired(
        &mut self,
        generation: Generation,
        now: OffsetDateTime,
        most: usize,
    ) -> RedisResult<usize> {
        let (keys, mut pipeline) = (self.keys().clone(), redis::pipe());
        let call = self
            .scripts
            .unlist_expired
            .call(&mut pipeline, 2 + StateList::ALL.len());
        call.arg(keys.orders_listed(generation))
            .arg(keys.orders_expiring(generation));
        for list in StateList::ALL {
            call.arg(keys.orders_in(generation, list));
        }
        call.arg(now.unix_timestamp()).arg(most);
        let answer: RedisResult<(usize,)> = pipeline.query_async(&mut self.connection).await;
        let (over,) = self.reloading_scripts(answer).await?;
        Ok(over)
    }

    /// Prolongs the entries that name the current carts of guests, and gives back the owners who have none.
    pub async fn keep_owners(
        &mut self,
        generation: Generation,
        owners: &[(OwnerId, OffsetDateTime)],
    ) -> RedisResult<Vec<OwnerId>> {
        if owners.is_empty() {
            return Ok(vec![]);
        }
        let mut pipeline = redis::pipe();
        for (owner, until) in owners {
            let key = self.keys().current_cart(generation, owner);
            let expire = pipeline.cmd("EXPIREAT").arg(&key).arg(until.unix_timestamp());
            expire.arg("GT").ignore();
            pipeline.exists(key);
        }
        let there: Vec<bool> = pipeline.query_async(&mut self.connection).await?;
        let missing = owners.iter().zip(there).filter(|(_, there)| !there);
        Ok(missing.map(|((owner, _), _)| *owner).collect())
    }
}

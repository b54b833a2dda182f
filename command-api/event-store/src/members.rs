//! Who takes part in product requests: found by the person, and of a request with many people in the order of its queue.
//!
//! The deadlines role asks whose turn it is, a portion at a time; the command that it sends decides on what their streams
//! say by then. See `domain::product_request::Members`.

use domain::{OwnerId, RequestId};
use uuid::Uuid;

use crate::reading::Reader;

/// The newest event of each stream of a request's members past a place in the queue, in its order. `event_type` is that of
/// the request's own event which says up to which place they were dealt with.
///
/// Both parts as the indexes `events_request_members` and `events_request_progress` have them, to the letter.
fn members_past(event_type: &str, condition: &str) -> String {
    format!(
        "select split_part(m.aggregate_id, ':', 2) from events m
         where m.aggregate_type = 'request-member' and split_part(m.aggregate_id, ':', 1) = $1
           and (m.payload ->> 'place')::bigint > coalesce((
               select (p.payload ->> 'through')::bigint from events p
               where p.aggregate_type = 'product-request' and p.event_type = '{event_type}' and p.aggregate_id = $1
               order by p.sequence desc limit 1), 0)
           and {condition}
           and not exists (
               select from events later
               where later.aggregate_id = m.aggregate_id and later.aggregate_type = 'request-member'
                 and later.sequence > m.sequence)
         order by (m.payload ->> 'place')::bigint limit $2"
    )
}

impl Reader {
    /// Up to `most` people who follow a request and were not told yet, who wait longest first.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn waiting_members(
        &self,
        request: RequestId,
        most: usize,
    ) -> Result<Vec<OwnerId>, sqlx::Error> {
        let sql = members_past("WaitingTold", "(m.payload ->> 'follows')::boolean");
        self.members(&sql, request, most).await
    }

    /// Up to `most` people who take part in a duplicate and were not moved to the original yet.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn members_to_move(
        &self,
        request: RequestId,
        most: usize,
    ) -> Result<Vec<OwnerId>, sqlx::Error> {
        self.members(&members_past("MembersMoved", "true"), request, most)
            .await
    }

    async fn members(&self, sql: &str, request: RequestId, most: usize) -> Result<Vec<OwnerId>, sqlx::Error> {
        let found: Vec<String> = sqlx::query_scalar(sql)
            .bind(request.to_string())
            .bind(i64::try_from(most).unwrap_or(i64::MAX))
            .fetch_all(&self.pool)
            .await?;
        let owner = |text: &String| Uuid::parse_str(text).ok().map(OwnerId::new);
        Ok(found.iter().filter_map(owner).collect())
    }

    /// The product requests in which a customer took part, also by being moved to an original from its duplicate.
    ///
    /// # Errors
    /// When PostgreSQL does not answer.
    pub async fn requests_of(&self, customer: Uuid) -> Result<Vec<String>, sqlx::Error> {
        // As the indexes `events_request_customer` and `events_request_progress` have it, to the letter.
        sqlx::query_scalar(
            "with recursive took_part(id) as (
                 select aggregate_id from events
                 where aggregate_type = 'product-request' and payload ->> 'customer' = $1
                 union
                 select marked.payload ->> 'of' from took_part
                 join events marked on marked.aggregate_id = took_part.id
                     and marked.aggregate_type = 'product-request'
                     and marked.event_type = 'RequestMarkedDuplicate'
             )
             select id from took_part order by id",
        )
        .bind(customer.to_string())
        .fetch_all(&self.pool)
        .await
    }
}

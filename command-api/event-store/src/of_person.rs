//! What somebody did, for the export of their data.

use domain::RecordedEvent;
use uuid::Uuid;

use crate::reading::Reader;
use crate::row::{COLUMNS, recorded_event};

impl Reader {
    /// What one of staff brought about, by the account's id, the oldest first: no more than ten thousand events of it.
    pub async fn done_by_staff_member(&self, account: Uuid) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        // The first condition as the index `events_by_staff` has it, to the letter.
        let sql = format!(
            "select {COLUMNS} from events
             where metadata ->> 'actor' like 'staff%' and metadata ->> 'actor' = $1
             order by global_position limit 10000"
        );
        let rows = sqlx::query(&sql)
            .bind(format!("staff:{account}"))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(recorded_event).collect()
    }

    /// What a customer did in product requests, the oldest first.
    pub async fn done_in_requests(&self, customer: Uuid) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        // As the index `events_request_customer` has it, to the letter.
        let sql = format!(
            "select {COLUMNS} from events
             where aggregate_type = 'product-request' and payload ->> 'customer' = $1 order by global_position"
        );
        let rows = sqlx::query(&sql)
            .bind(customer.to_string())
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(recorded_event).collect()
    }
}

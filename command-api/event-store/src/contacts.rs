//! Names and addresses: personal data, kept beside the log and named in it by id.
//!
//! A checkout stores one before it appends; the `accounts` role serves it.

use std::fmt;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use uuid::Uuid;

#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Contact {
    pub email: String,
    pub name: String,
    pub line1: String,
    pub line2: Option<String>,
    pub postal_code: String,
    pub city: String,
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    pub phone: Option<String>,
}

impl fmt::Debug for Contact {
    /// Personal data gets into no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(personal data)")
    }
}

#[derive(Clone)]
pub struct Contacts {
    pool: PgPool,
}

impl Contacts {
    /// # Errors
    /// When PostgreSQL cannot be reached within ten seconds.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(Duration::from_secs(10))
            .connect(url)
            .await?;
        Ok(Self { pool })
    }

    pub async fn keep(&self, id: Uuid, order: Uuid, contact: &Contact) -> Result<(), sqlx::Error> {
        sqlx::query(
            "insert into contacts (id, order_id, email, name, line1, line2, postal_code, city, region, country, phone)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(id)
        .bind(order)
        .bind(&contact.email)
        .bind(&contact.name)
        .bind(&contact.line1)
        .bind(&contact.line2)
        .bind(&contact.postal_code)
        .bind(&contact.city)
        .bind(&contact.region)
        .bind(&contact.country)
        .bind(&contact.phone)
        .execute(&self.pool)
        .await
        .map(drop)
    }

    /// None where it was erased.
    pub async fn find(&self, id: Uuid) -> Result<Option<Contact>, sqlx::Error> {
        sqlx::query_as(
            "select email, name, line1, line2, postal_code, city, region, country, phone from contacts where id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
    }

    /// Deletes those whose order never came into being, once they are older than any checkout takes. How many they were.
    pub async fn sweep_orphans(&self, older_than: Duration) -> Result<u64, sqlx::Error> {
        let done = sqlx::query(
            "delete from contacts c
             where c.created_at < now() - $1::float8 * interval '1 second'
               and not exists (select from events e where e.aggregate_id = c.order_id::text
                               and e.aggregate_type = 'order' and e.sequence = 1
                               and e.payload ->> 'contact' = c.id::text)",
        )
        .bind(older_than.as_secs_f64())
        .execute(&self.pool)
        .await?;
        Ok(done.rows_affected())
    }
}

//! What staff do before shoppers come: list products and receive stock.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::commands::{PATIENCE, Stored, of_staff, send_until_answered};
use crate::http::Door;
use crate::keys::Keys;

/// So much lies in stock of every product that is listed here.
const STOCK: i64 = 1_000_000;

pub struct Staff<'t> {
    token: &'t str,
    keys: Keys,
}

/// What `Staff::list` needs to know about a product.
pub struct Listing<'l> {
    pub sku: &'l str,
    pub name: &'l str,
    pub category: &'l str,
    pub price_minor: i64,
}

impl<'t> Staff<'t> {
    pub fn new(token: &'t str) -> Self {
        Self {
            token,
            keys: Keys::default(),
        }
    }

    /// Lists a product with stock. One that is listed already, by whomever, is fine and stays as it is.
    pub async fn list(&mut self, door: &mut Door, product: &Listing<'_>) -> Result<()> {
        let body = json!({
            "sku": product.sku,
            "name": product.name,
            "description": format!("{}, as a basket file names it.", product.name),
            "category": product.category,
            "price": { "minor": product.price_minor, "currency": "EUR" },
        });
        let request =
            of_staff(self.token, "/products", &body).header("Idempotency-Key", &self.keys.next_key());
        let response = send_until_answered(door, &request, PATIENCE)
            .await
            .last
            .context("cannot list a product")?;
        if response.status == 422 && String::from_utf8_lossy(&response.body).contains("already-listed") {
            return Ok(());
        }
        let refused = matches!(response.status, 401 | 403);
        ensure!(
            !refused,
            "the command API does not take the staff token (STAFF_TOKEN): {response}"
        );
        ensure!(
            response.is_success(),
            "{} was not listed: {response}",
            product.sku
        );
        self.send(
            door,
            &format!("/stock/{}/receipts", product.sku),
            &json!({ "quantity": STOCK }),
        )
        .await?;
        Ok(())
    }

    /// Puts a delisted product on sale again.
    pub async fn relist(&mut self, door: &mut Door, sku: &str) -> Result<Stored> {
        self.send(door, &format!("/products/{sku}/relist"), &json!({}))
            .await
    }

    async fn send(&mut self, door: &mut Door, path: &str, body: &serde_json::Value) -> Result<Stored> {
        let request = of_staff(self.token, path, body).header("Idempotency-Key", &self.keys.next_key());
        let answer = send_until_answered(door, &request, PATIENCE).await;
        answer
            .stored()
            .with_context(|| format!("staff were refused {path}"))
    }
}

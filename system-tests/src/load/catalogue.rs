//! The products of a basket file: which exist, listing the others, and in how many open carts each is.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::Options;
use crate::baskets::{Baskets, Product};
use crate::commands::{PATIENCE, send_until_answered};
use crate::http::{Door, Request};
use crate::staff::{Listing, Staff};

const CATEGORY: &str = "pantry";
/// SKUs in one query.
const PAGE: usize = 25;

/// Asks once, so that whoever forgot to start the shop is told at once.
pub async fn reach(options: &Options) -> Result<()> {
    for address in [&options.queries, &options.commands] {
        let asked = Door::new(address)
            .send(&Request::get("/api/queries/products?limit=1"))
            .await;
        if let Err(lost) = asked {
            bail!("nothing answers at {address} ({lost}); is the shop running (./dev up)?");
        }
    }
    Ok(())
}

pub async fn list_missing(options: &Options, baskets: &Baskets) -> Result<()> {
    let mut queries = Door::new(&options.queries);
    let mut commands = Door::new(&options.commands);
    let mut staff = Staff::new(&options.staff_token);
    for product in &baskets.products {
        match on_sale(&mut queries, product).await? {
            Some(true) => {}
            Some(false) => drop(staff.relist(&mut commands, product.sku.as_str()).await?),
            None => {
                let listing = Listing {
                    sku: product.sku.as_str(),
                    name: &product.name,
                    category: CATEGORY,
                    price_minor: price_of(&product.name),
                };
                staff.list(&mut commands, &listing).await?;
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Sale {
    listed: bool,
}

/// Whether it is listed; none where the shop does not know it (or does not show it yet).
async fn on_sale(queries: &mut Door, product: &Product) -> Result<Option<bool>> {
    let path = format!("/api/queries/products/{}", product.sku);
    let response = send_until_answered(queries, &Request::get(&path), PATIENCE)
        .await
        .last
        .context("no catalogue")?;
    if response.status == 404 {
        return Ok(None);
    }
    ensure!(response.is_success(), "the catalogue does not answer: {response}");
    Ok(Some(response.json::<Sale>()?.listed))
}

#[derive(Deserialize)]
struct OpenCarts {
    items: Vec<OpenCartsOf>,
}

#[derive(Deserialize)]
struct OpenCartsOf {
    sku: String,
    carts: i64,
}

/// In how many open carts each product is, in the order of [`Baskets::products`], as the query API counts.
pub async fn open_carts(options: &Options, baskets: &Baskets) -> Result<Vec<i64>> {
    let mut queries = Door::new(&options.queries);
    let mut counts = Vec::with_capacity(baskets.products.len());
    for page in baskets.products.chunks(PAGE) {
        let asked: Vec<_> = page
            .iter()
            .map(|product| format!("sku={}", product.sku))
            .collect();
        let request = Request::get(&format!("/api/queries/products/open-carts?{}", asked.join("&")));
        let response = send_until_answered(&mut queries, &request, PATIENCE)
            .await
            .last
            .context("no counts")?;
        ensure!(
            response.is_success(),
            "the query API does not count open carts: {response}"
        );
        let answered: OpenCarts = response.json()?;
        let count_of = |product: &Product| {
            let found = answered
                .items
                .iter()
                .find(|item| item.sku == product.sku.as_str());
            found.map_or(0, |item| item.carts)
        };
        counts.extend(page.iter().map(count_of));
    }
    Ok(counts)
}

/// The file gives no prices: between 0.49 and 9.99, the same for the same name every time.
fn price_of(name: &str) -> i64 {
    // FNV-1a: a few lines, and the same on every machine and in every release.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    49 + i64::try_from(hash % 96).unwrap_or(0) * 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_the_same_every_time() {
        assert_eq!(price_of("whole milk"), price_of("whole milk"));
        for name in ["soda", "yogurt", "rolls/buns", "", "a"] {
            assert!((49..=999).contains(&price_of(name)), "{name}: {}", price_of(name));
        }
    }
}

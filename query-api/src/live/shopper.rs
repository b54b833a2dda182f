//! What one shopper hears of: the cart, what becomes of its products, the orders, product requests, the inbox.

use std::sync::Arc;

use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::orders::Orders;
use super::places::Place;
use super::requests::Requests;
use super::{Gone, HEARTBEAT, LOOK, Reader, begin, event, every, heartbeat};
use crate::app::App;
use crate::catalogue::{Catalogue, Offer};
use crate::problem::Problem;
use crate::right::Right;
use crate::views::Cart;
use crate::wakes::Topic;

/// What `event: offers` says: the products in the cart as they are sold now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Offers<'a> {
    pub products: Vec<&'a Offer>,
}

/// Begins a stream.
pub fn of_shopper(app: Arc<App>, right: Right, owner: Uuid, place: Place) -> Response {
    begin(&Arc::clone(&app), right, place, |reader| {
        let follower = Follower {
            app,
            owner,
            cart: None,
            skus: vec![],
            offers: vec![],
            orders: Orders::default(),
            requests: Requests::default(),
            notice: None,
            reader,
        };
        follower.follow()
    })
}

/// Follows what is one shopper's and sends what is new.
struct Follower {
    app: Arc<App>,
    owner: Uuid,
    /// The cart that was sent last, and its version.
    cart: Option<(Uuid, i64)>,
    skus: Vec<String>,
    /// The offers that were sent last.
    offers: Vec<Offer>,
    orders: Orders,
    requests: Requests,
    /// The newest notice of the inbox that was told of.
    notice: Option<Uuid>,
    reader: Reader,
}

impl Follower {
    async fn follow(mut self) -> Gone {
        // Listening begins before the first look: what changes between the two is seen by the second.
        let shopper = self.app.wakes.listen([Topic::Shopper(self.owner)]);
        let products = self.app.wakes.listen([Topic::Products]);
        let orders = self.app.wakes.listen([Topic::Customer(self.owner)]);
        let (mut look, mut heartbeat) = (every(LOOK), heartbeat(&self.app));
        if self.reader.greet().await.is_err() {
            return Gone;
        }
        loop {
            let sent = tokio::select! {
                () = shopper.woken() => self.look_at_cart().await,
                () = orders.woken() => self.look_at_orders().await,
                () = self.requests.woken() => self.look_at_requests().await,
                _ = look.tick() => self.look_at_all().await,
                () = products.woken() => self.look_at_offers().await,
                _ = heartbeat.tick() => self.reader.send(HEARTBEAT.to_owned()).await,
            };
            if sent.is_err() {
                return Gone;
            }
        }
    }

    async fn look_at_all(&mut self) -> Result<(), Gone> {
        self.look_at_cart().await?;
        self.look_at_orders().await?;
        self.look_at_requests().await?;
        self.look_at_inbox().await
    }

    async fn look_at_requests(&mut self) -> Result<(), Gone> {
        match self.requests.news(&self.app, self.owner).await {
            Ok(news) => {
                for (tag, body) in news {
                    self.reader.send(event("request", Some(&tag), &body)).await?;
                }
            }
            Err(problem) => tracing::debug!(%problem, "a live stream cannot look at its requests"),
        }
        Ok(())
    }

    /// Says that there is something new; what it is, the command API knows.
    async fn look_at_inbox(&mut self) -> Result<(), Gone> {
        match self.app.sessions.newest_notice(self.owner).await {
            Ok(Some(newest)) if self.notice != Some(newest) => {
                self.notice = Some(newest);
                let told = format!("{{\"newest\":\"{newest}\"}}");
                self.reader.send(event("inbox", None, &told)).await?;
            }
            Ok(_) => (),
            Err(error) => tracing::debug!(%error, "a live stream cannot look at its inbox"),
        }
        Ok(())
    }

    async fn look_at_orders(&mut self) -> Result<(), Gone> {
        match self.orders.news(&self.app.views, self.owner).await {
            Ok(news) => {
                for order in news {
                    self.reader
                        .send(event(
                            "order",
                            Some(&order.tag()),
                            &String::from_utf8_lossy(&order.body),
                        ))
                        .await?;
                }
            }
            // The stream stays open: the next look may find Redis and the view well again.
            Err(problem) => tracing::debug!(%problem, "a live stream cannot look at its orders"),
        }
        Ok(())
    }

    async fn look_at_cart(&mut self) -> Result<(), Gone> {
        match self.current().await {
            Ok(Some((id, cart))) if self.is_news(id, &cart) => self.send_cart(id, &cart).await?,
            Ok(_) => (),
            Err(problem) => tracing::debug!(%problem, "a live stream cannot look at its cart"),
        }
        self.look_at_offers().await
    }

    async fn current(&self) -> Result<Option<(Uuid, Cart)>, Problem> {
        let Some(id) = self.app.views.current_cart(self.owner).await? else {
            return Ok(None);
        };
        let cart = self
            .app
            .views
            .cart(id)
            .await?
            .filter(|cart| cart.owner == self.owner);
        Ok(cart.map(|cart| (id, cart)))
    }

    /// A view that is being caught up may show an older state than was sent: that is no news.
    fn is_news(&self, id: Uuid, cart: &Cart) -> bool {
        self.cart
            .is_none_or(|(sent, version)| sent != id || version < cart.version)
    }

    async fn send_cart(&mut self, id: Uuid, cart: &Cart) -> Result<(), Gone> {
        self.cart = Some((id, cart.version));
        self.skus = skus_in(&cart.body);
        let tag = format!("{}-{}", cart.generation, cart.version);
        self.reader
            .send(event("cart", Some(&tag), &String::from_utf8_lossy(&cart.body)))
            .await
    }

    async fn look_at_offers(&mut self) -> Result<(), Gone> {
        let Some(_) = self.cart else { return Ok(()) };
        let (skus, sent) = (&self.skus, &self.offers);
        let news = |catalogue: &Catalogue| {
            let offers = skus
                .iter()
                .filter_map(|sku| catalogue.get(sku))
                .map(|entry| &entry.offer);
            (!offers.clone().eq(sent)).then(|| offers.cloned().collect::<Vec<_>>())
        };
        let news = self.app.store.read(news).await;
        // Without a catalogue there is nothing to say; its return is announced.
        let Ok(Some(news)) = news else { return Ok(()) };
        self.offers = news;
        let offers = Offers {
            products: self.offers.iter().collect(),
        };
        let Ok(json) = serde_json::to_string(&offers) else {
            return Ok(());
        };
        self.reader.send(event("offers", None, &json)).await
    }
}

fn skus_in(body: &[u8]) -> Vec<String> {
    #[derive(Deserialize)]
    struct Lines {
        lines: Vec<Line>,
    }
    #[derive(Deserialize)]
    struct Line {
        sku: String,
    }
    let lines = serde_json::from_slice::<Lines>(body)
        .map(|cart| cart.lines)
        .unwrap_or_default();
    lines.into_iter().map(|line| line.sku).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_products_of_a_cart_are_those_of_its_lines() {
        let body = br#"{"id":"x","lines":[{"sku":"A","quantity":1},{"sku":"B","quantity":2}]}"#;
        assert_eq!(skus_in(body), ["A", "B"]);
        assert!(skus_in(b"{}").is_empty());
    }
}

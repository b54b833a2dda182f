//! Every route × everybody who may ask: who is let in, and who is not. A route that is not in here fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

mod shop;

use std::collections::BTreeSet;

use query_api::router::description;
use session::{Role, Roles};
use shop::orders::Order;
use shop::requests::Request;
use shop::{Browser, FIRST, MUG, Shop, cart_body, shop};
use uuid::Uuid;

/// For whom a route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Anyone,
    /// Whoever has a session, guests too.
    Shoppers,
    CartsOwner,
    /// The one whose order it is, and staff.
    OrdersCustomer,
    /// The one whose quote it is, and staff.
    RequestsCustomer,
    Staff,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Actor {
    Anonymous,
    OtherShopper,
    Owner,
    Staff,
    Analyst,
    Ops,
    /// The owner's, as a shopper.
    ApiKey,
    ExpiredSession,
    /// A bearer that is none.
    Forger,
}

const ACTORS: [Actor; 9] = [
    Actor::Anonymous,
    Actor::OtherShopper,
    Actor::Owner,
    Actor::Staff,
    Actor::Analyst,
    Actor::Ops,
    Actor::ApiKey,
    Actor::ExpiredSession,
    Actor::Forger,
];

const ROUTES: [(&str, For); 17] = [
    ("/api/queries/carts/current", For::Shoppers),
    ("/api/queries/carts/{id}", For::CartsOwner),
    ("/api/queries/products", For::Anyone),
    ("/api/queries/products/open-carts", For::Anyone),
    ("/api/queries/products/similar", For::Anyone),
    ("/api/queries/products/{sku}", For::Anyone),
    ("/api/queries/products/{sku}/open-carts", For::Anyone),
    ("/api/queries/orders", For::Shoppers),
    ("/api/queries/orders/{id}", For::OrdersCustomer),
    ("/api/queries/orders/{id}/live", For::OrdersCustomer),
    ("/api/queries/staff/orders", For::Staff),
    ("/api/queries/requests", For::Anyone),
    ("/api/queries/requests/similar", For::Anyone),
    ("/api/queries/requests/mine", For::Shoppers),
    ("/api/queries/requests/{id}", For::RequestsCustomer),
    ("/api/queries/live", For::Shoppers),
    ("/api/queries/openapi.json", For::Anyone),
];

impl For {
    const fn lets_in(self, actor: Actor) -> bool {
        use Actor::{Anonymous, ApiKey, ExpiredSession, Forger, Owner, Staff};
        match self {
            Self::Anyone => true,
            Self::Shoppers => !matches!(actor, Anonymous | ExpiredSession | Forger),
            Self::CartsOwner => matches!(actor, Owner | ApiKey),
            Self::OrdersCustomer | Self::RequestsCustomer => matches!(actor, Owner | ApiKey | Staff),
            Self::Staff => matches!(actor, Staff),
        }
    }
}

/// Somebody in each part, who has a cart and an order.
struct Town {
    shop: Shop,
    owner: Browser,
    cart: Uuid,
    order: Order,
    quote: Uuid,
}

impl Town {
    async fn build() -> Self {
        let shop = shop().await;
        let owner = shop.member(Roles::SHOPPER).await;
        let (cart, order) = (Uuid::now_v7(), Order::of(&owner));
        shop.write_order(&order).await;
        shop.write_product(FIRST, &MUG).await;
        let body = cart_body(cart, 1, &[MUG.sku]);
        let quote = shop.write_request(&Request::quote(owner.owner)).await;
        shop.write_cart(FIRST, cart, 1, owner.owner, &body).await;
        Self {
            shop,
            owner,
            cart,
            order,
            quote,
        }
    }

    async fn credentials(&self, actor: Actor) -> (&'static str, String) {
        let member = async |role| self.shop.member(Roles::SHOPPER.with(role)).await.cookies;
        let cookies = match actor {
            Actor::Anonymous => return ("x-nobody", String::new()),
            Actor::Forger => return ("authorization", "Bearer not-the-token-of-staff".to_owned()),
            Actor::ApiKey => {
                let key = self.shop.api_key(self.owner.owner, Role::Shopper).await;
                return ("authorization", format!("Bearer {key}"));
            }
            Actor::OtherShopper => self.shop.browser().await.cookies,
            Actor::Owner => self.owner.cookies.clone(),
            Actor::Staff => member(Role::Staff).await,
            Actor::Analyst => member(Role::Analyst).await,
            Actor::Ops => member(Role::Ops).await,
            Actor::ExpiredSession => {
                let expired = self.shop.member(Roles::SHOPPER).await.cookies;
                self.shop.end_session(&expired).await;
                expired
            }
        };
        ("cookie", cookies)
    }
}

#[test]
fn every_route_is_in_the_matrix() {
    let described: BTreeSet<String> = description().paths.paths.into_keys().collect();
    let listed: BTreeSet<String> = ROUTES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(described, listed);
}

#[tokio::test]
async fn every_route_lets_in_whom_it_is_for_and_nobody_else() {
    let town = Town::build().await;
    for (path, route_is_for) in ROUTES {
        let id = if path.contains("/carts/") {
            town.cart
        } else if path.contains("/requests/") {
            town.quote
        } else {
            town.order.id
        };
        let address = path.replace("{id}", &id.to_string()).replace("{sku}", MUG.sku);
        for actor in ACTORS {
            let (name, value) = town.credentials(actor).await;
            let (status, kind) = town.shop.head_of(&address, &[(name, &value)]).await;
            let is_hidden = ["not-found", "order-not-found", "request-not-found"].contains(&kind.as_str());
            let was_let_in = !(status == 401 || status == 403 || is_hidden);
            assert_eq!(
                was_let_in,
                route_is_for.lets_in(actor),
                "{path} is for {route_is_for:?}; {actor:?} was answered {status} {kind}"
            );
            assert_ne!(status, 500, "{path} {actor:?}");
        }
    }
}

//! Every route × everybody who may ask: who is let in, and who is not. A route that is not in here fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by failing")]

#[path = "../../command-api/src/routes/tests/rights.rs"]
mod rights;
mod shop;

use std::collections::{BTreeMap, BTreeSet};

use query_api::router::description;
use rights::NOBODY;
use session::{Role, Roles};
use shop::orders::Order;
use shop::requests::Request;
use shop::{Browser, FIRST, MUG, STAFF, Shop, cart_body, shop};
use uuid::Uuid;

/// For whom a route is: rights of docs/roles.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Anyone,
    Shoppers,
    CartsOwner,
    OrdersReader,
    RequestsReader,
    BackOffice,
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
    /// One of somebody of staff, for that role; and of the other roles.
    StaffKey,
    AnalystKey,
    OpsKey,
    /// The shop's own.
    StaffToken,
    /// Whoever has the order's link.
    OrderLink,
    ExpiredSession,
    /// A bearer that is none.
    Forger,
}

const ACTORS: [Actor; 14] = [
    Actor::Anonymous,
    Actor::OtherShopper,
    Actor::Owner,
    Actor::Staff,
    Actor::Analyst,
    Actor::Ops,
    Actor::ApiKey,
    Actor::StaffKey,
    Actor::AnalystKey,
    Actor::OpsKey,
    Actor::StaffToken,
    Actor::OrderLink,
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
    ("/api/queries/orders/{id}", For::OrdersReader),
    ("/api/queries/orders/{id}/live", For::OrdersReader),
    ("/api/queries/staff/orders", For::BackOffice),
    ("/api/queries/requests", For::Anyone),
    ("/api/queries/requests/similar", For::Anyone),
    ("/api/queries/requests/mine", For::Shoppers),
    ("/api/queries/requests/{id}", For::RequestsReader),
    ("/api/queries/live", For::Shoppers),
    ("/api/queries/openapi.json", For::Anyone),
];

/// For anyone, and what they answer depends on who it is.
const LOOK_AT_WHO_ASKS: [&str; 2] = ["/api/queries/requests", "/api/queries/requests/similar"];

impl Actor {
    /// As docs/roles.md names it. Of those who bear a role it says so in words, and the description of the API for each route.
    const fn column(self) -> Option<&'static str> {
        match self {
            Self::Anonymous | Self::ExpiredSession | Self::Forger => Some("nobody"),
            Self::OtherShopper => Some("guest"),
            Self::Owner => Some("owner"),
            Self::Staff => Some("staff"),
            Self::Analyst => Some("analyst"),
            Self::Ops => Some("ops"),
            Self::ApiKey => Some("key"),
            Self::StaffKey | Self::AnalystKey | Self::OpsKey | Self::StaffToken | Self::OrderLink => None,
        }
    }

    /// By which security scheme of the description this one is let in. The shop's token is one of two: here no route is for `ops`.
    const fn scheme(self) -> &'static str {
        match self {
            Self::Anonymous | Self::ExpiredSession | Self::Forger => NOBODY,
            Self::OtherShopper | Self::Owner | Self::Staff | Self::Analyst | Self::Ops => "session",
            Self::ApiKey => "api_key",
            Self::StaffKey | Self::StaffToken => "staff",
            Self::AnalystKey => "analyst",
            Self::OpsKey => "ops",
            Self::OrderLink => "order_key",
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
        let bearer = async |account, role| {
            let key = self.shop.api_key(account, role).await;
            ("authorization", format!("Bearer {key}"))
        };
        let cookies = match actor {
            Actor::Anonymous => return ("x-nobody", String::new()),
            Actor::Forger => return ("authorization", "Bearer not-the-token-of-staff".to_owned()),
            Actor::ApiKey => return bearer(self.owner.owner, Role::Shopper).await,
            Actor::StaffKey => return bearer(Uuid::now_v7(), Role::Staff).await,
            Actor::AnalystKey => return bearer(Uuid::now_v7(), Role::Analyst).await,
            Actor::OpsKey => return bearer(Uuid::now_v7(), Role::Ops).await,
            Actor::StaffToken => return (STAFF.0, STAFF.1.to_owned()),
            Actor::OrderLink => return ("order-key", self.order.key()),
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

#[test]
fn the_documentation_lists_every_route() {
    let tested: BTreeMap<String, String> = ROUTES
        .iter()
        .map(|(path, route_is_for)| (format!("GET {path}"), format!("{route_is_for:?}")))
        .collect();
    assert_eq!(
        rights::routes("/api/queries"),
        tested,
        "docs/roles.md says what is on the left"
    );
}

#[tokio::test]
async fn every_route_lets_in_whom_it_is_for_and_nobody_else() {
    let (town, rights) = (Town::build().await, rights::rights());
    let document = serde_json::to_value(description()).unwrap();
    let mut network = 0_u8;
    for (path, route_is_for) in ROUTES {
        let id = if path.contains("/carts/") {
            town.cart
        } else if path.contains("/requests/") {
            town.quote
        } else {
            town.order.id
        };
        let address = path.replace("{id}", &id.to_string()).replace("{sku}", MUG.sku);
        let mut let_in = BTreeSet::new();
        for actor in ACTORS {
            let (name, value) = town.credentials(actor).await;
            // From a network of its own: whoever forges too often is not answered any more.
            network = network.wrapping_add(1);
            let from = format!("192.0.2.{network}");
            let headers = [(name, &*value), ("x-forwarded-for", &*from)];
            let (status, kind) = town.shop.head_of(&address, &headers).await;
            let is_hidden = ["not-found", "order-not-found", "request-not-found"].contains(&kind.as_str());
            let was_let_in = !(status == 401 || status == 403 || is_hidden);
            // Who says that they are somebody and are not is told so where it is looked at who asks.
            let is_disbelieved = actor == Actor::Forger && LOOK_AT_WHO_ASKS.contains(&path);
            if let Some(column) = actor.column() {
                assert_eq!(
                    was_let_in,
                    rights[&format!("{route_is_for:?}")].contains(column) && !is_disbelieved,
                    "{path} is for {route_is_for:?}; {actor:?} was answered {status} {kind}"
                );
            }
            if was_let_in {
                let_in.insert(actor.scheme().to_owned());
            }
            assert_ne!(status, 500, "{path} {actor:?}");
            if actor == Actor::Forger && !was_let_in {
                assert_eq!((status, &*kind), (401, "bad-credentials"), "{path}");
            }
        }
        let mut described = rights::described(&document, "GET", path);
        if route_is_for == For::RequestsReader {
            // Everybody sees requests, and not the quote that is asked for here.
            described.remove(NOBODY);
        }
        assert!(
            rights::agree(&described, &let_in),
            "{path} is described for {described:?}, and let in {let_in:?}"
        );
    }
}

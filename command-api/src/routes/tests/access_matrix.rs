//! Every route × everybody who may send it: who is let in, and who is not. A route that is not in here fails.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use session::{Member as SignedIn, Role, Roles};
use uuid::Uuid;

use super::access_rows::{Row, matrix};
use super::accounts::Member;
use super::customer::checkout;
use super::rights::{self, NOBODY};
use super::{Reply, STAFF, Shop, lines};
use crate::accounts::{api_keys, store};
use crate::roles::Role as ProcessRole;
use crate::router::routes;

/// Who sends a request.
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
}

const ACTORS: [Actor; 13] = [
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
];

impl Actor {
    /// As docs/roles.md names it. Of those who bear a role it says so in words, and the description of the API for each route.
    const fn column(self) -> Option<&'static str> {
        match self {
            Self::Anonymous | Self::ExpiredSession => Some("nobody"),
            Self::OtherShopper => Some("guest"),
            Self::Owner => Some("owner"),
            Self::Staff => Some("staff"),
            Self::Analyst => Some("analyst"),
            Self::Ops => Some("ops"),
            Self::ApiKey => Some("key"),
            Self::StaffKey | Self::AnalystKey | Self::OpsKey | Self::StaffToken | Self::OrderLink => None,
        }
    }

    /// By which security scheme of the description this one is let in. The shop's token is of two of them.
    const fn schemes(self) -> &'static [&'static str] {
        match self {
            Self::Anonymous | Self::ExpiredSession => &[NOBODY],
            Self::OtherShopper | Self::Owner | Self::Staff | Self::Analyst | Self::Ops => &["session"],
            Self::ApiKey => &["api_key"],
            Self::StaffKey => &["staff"],
            Self::AnalystKey => &["analyst"],
            Self::OpsKey => &["ops"],
            Self::StaffToken => &["staff", "ops"],
            Self::OrderLink => &["order_key"],
        }
    }
}

/// The shop, with somebody in each part.
struct Town {
    shop: Shop,
    owner: Member,
    staff: Member,
    analyst: Member,
    ops: Member,
    cart: String,
    order: String,
    request: String,
}

impl Town {
    async fn build() -> Self {
        let shop = Shop::with_mugs(50).await;
        let owner = shop.member().await;
        let (cart, order) = shop.ordered_by(&owner).await;
        let cookie = [("cookie", &*owner.cookies)];
        let asked = json!({ "kind": "missing_product", "title": "A mug for the left hand" });
        let request = shop.json("POST", "/requests", &cookie, &asked).await.body;
        Self {
            staff: shop.member_with(Role::Staff).await,
            analyst: shop.member_with(Role::Analyst).await,
            ops: shop.member_with(Role::Ops).await,
            shop,
            owner,
            cart,
            order,
            request: request["id"].as_str().unwrap().to_owned(),
        }
    }

    /// A header of its own for each request: some routes end the session.
    async fn credentials(&self, actor: Actor) -> (&'static str, String) {
        let session = async |account: Uuid, roles: Roles| {
            // Some routes begin another one.
            let epoch = store::by_id(&self.shop.app.accounts.pool, account)
                .await
                .unwrap()
                .epoch;
            let member = SignedIn {
                account,
                roles,
                epoch,
                second_factor: true,
            };
            let set = self.shop.sessions.sign_in("", member, "").await.unwrap();
            set[0].split(';').next().unwrap().to_owned()
        };
        let with = |role| Roles::SHOPPER.with(role);
        let cookie = match actor {
            Actor::Anonymous => return ("x-nobody", String::new()),
            Actor::ApiKey => return self.api_key(&self.owner, Role::Shopper).await,
            Actor::StaffKey => return self.api_key(&self.staff, Role::Staff).await,
            Actor::AnalystKey => return self.api_key(&self.analyst, Role::Analyst).await,
            Actor::OpsKey => return self.api_key(&self.ops, Role::Ops).await,
            Actor::StaffToken => return ("authorization", STAFF.to_owned()),
            Actor::OrderLink => {
                let order = self.order.parse().unwrap();
                return ("order-key", self.shop.app.guest_key.order_key(order));
            }
            Actor::OtherShopper => self.shop.send("POST", "/session", &[], "").await.cookies(),
            Actor::Owner => session(self.owner.id, Roles::SHOPPER).await,
            Actor::Staff => session(self.staff.id, with(Role::Staff)).await,
            Actor::Analyst => session(self.analyst.id, with(Role::Analyst)).await,
            Actor::Ops => session(self.ops.id, with(Role::Ops)).await,
            Actor::ExpiredSession => {
                let cookie = session(self.owner.id, Roles::SHOPPER).await;
                self.shop.sessions.end(&cookie).await.unwrap();
                cookie
            }
        };
        ("cookie", cookie)
    }

    /// Another one each time: an account has so many and no more, and some routes end all of them.
    async fn api_key(&self, member: &Member, role: Role) -> (&'static str, String) {
        let app = &self.shop.app;
        let pool = &app.accounts.pool;
        for key in api_keys::list(pool, member.id).await.unwrap() {
            api_keys::revoke(pool, &app.api_keys, member.id, key.id)
                .await
                .unwrap();
        }
        let account = store::by_id(pool, member.id).await.unwrap();
        let life = Duration::from_hours(1);
        let (_, key) = api_keys::create(pool, &app.api_keys, &account, "Matrix", role, life, true)
            .await
            .unwrap();
        ("authorization", format!("Bearer {key}"))
    }

    /// A row of the matrix, sent by one of the actors: about what is the owner's.
    async fn answer(&self, (method, path, _, body): &Row, actor: Actor) -> Reply {
        let id = match *path {
            path if path.starts_with("/carts/") => self.cart.clone(),
            path if path.starts_with("/orders/") => self.order.clone(),
            path if path.starts_with("/requests/") => self.request.clone(),
            _ => Uuid::now_v7().to_string(),
        };
        let address = path
            .replace("{id}", &id)
            .replace("{sku}", "MUG")
            .replace("{code}", "MATRIX")
            .replace("{handle}", "0123456789abcdef")
            .replace("{shipment}", &Uuid::now_v7().to_string())
            .replace("{quote}", &Uuid::now_v7().to_string());
        let (name, value) = self.credentials(actor).await;
        let key = Uuid::now_v7().to_string();
        let headers = [(name, value.as_str()), ("idempotency-key", key.as_str())];
        let body = serde_json::from_str(&body.to_string().replace("{id}", &id)).unwrap();
        self.shop.json(method, &address, &headers, &body).await
    }
}

impl Shop {
    /// An order, and a cart with something in it.
    async fn ordered_by(&self, member: &Member) -> (String, String) {
        let cookie = [("cookie", &*member.cookies)];
        let filled = async || {
            let cart = self.json("POST", "/carts", &cookie, &json!({})).await.body;
            let cart = cart["id"].as_str().unwrap().to_owned();
            let path = format!("/carts/{cart}/lines");
            self.json("POST", &path, &cookie, &lines("MUG", 2)).await;
            cart
        };
        let cart = filled().await;
        let ordered = self.check_out(&member.cookies, &cart, "k", &checkout(3390)).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
        (filled().await, ordered.body["id"].as_str().unwrap().to_owned())
    }
}

#[test]
fn every_route_is_in_the_matrix() {
    let document = routes(&ProcessRole::ALL).1;
    let described: BTreeSet<String> = document
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = [
                ("GET", item.get.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
                ("DELETE", item.delete.is_some()),
                ("PATCH", item.patch.is_some()),
            ];
            let has = methods.into_iter().filter(|(_, has)| *has);
            has.map(move |(method, _)| format!("{method} {path}"))
        })
        .collect();
    let listed: BTreeSet<String> = matrix()
        .iter()
        .map(|(method, path, ..)| format!("{method} /api/commands{path}"))
        .collect();
    assert_eq!(described, listed);
}

#[test]
fn the_documentation_lists_every_route() {
    let tested: BTreeMap<String, String> = matrix()
        .iter()
        .map(|(method, path, route_is_for, _)| {
            (
                format!("{method} /api/commands{path}"),
                format!("{route_is_for:?}"),
            )
        })
        .collect();
    assert_eq!(
        rights::routes("/api/commands"),
        tested,
        "docs/roles.md says what is on the left"
    );
}

#[tokio::test]
async fn every_route_lets_in_whom_it_is_for_and_nobody_else() {
    let (town, rights) = (Town::build().await, rights::rights());
    let document = serde_json::to_value(routes(&ProcessRole::ALL).1).unwrap();
    for row in matrix() {
        let (method, path, route_is_for, _) = &row;
        let mut let_in = BTreeSet::new();
        for actor in ACTORS {
            let reply = town.answer(&row, actor).await;
            let was_let_in = !is_kept_out(&reply);
            if let Some(column) = actor.column() {
                assert_eq!(
                    was_let_in,
                    rights[&format!("{route_is_for:?}")].contains(column),
                    "{method} {path} is for {route_is_for:?}; {actor:?} was answered {} {}",
                    reply.status,
                    reply.body
                );
            }
            let schemes = actor.schemes().iter().map(|scheme| (*scheme).to_owned());
            if actor == Actor::StaffToken {
                let keys: Vec<String> = schemes.filter(|scheme| let_in.contains(scheme)).collect();
                assert_eq!(
                    was_let_in,
                    !keys.is_empty(),
                    "{method} {path}: the token does what keys of its roles do, here {keys:?}"
                );
            } else if was_let_in {
                let_in.extend(schemes);
            }
            assert_ne!(
                reply.status,
                StatusCode::INTERNAL_SERVER_ERROR,
                "{method} {path} {actor:?}"
            );
        }
        let described = rights::described(&document, method, &format!("/api/commands{path}"));
        assert!(
            rights::agree(&described, &let_in),
            "{method} {path} is described for {described:?}, and let in {let_in:?}"
        );
    }
}

/// Told that it is not theirs, or that there is no such thing for them.
fn is_kept_out(reply: &Reply) -> bool {
    let kind = reply.body["type"].as_str().unwrap_or_default();
    let is_hidden = [
        "/problems/cart-not-found",
        "/problems/order-not-found",
        "/problems/request-not-found",
    ]
    .contains(&kind);
    matches!(reply.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) || is_hidden
}

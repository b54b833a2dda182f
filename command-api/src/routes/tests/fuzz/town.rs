//! A shop in which every route can be reached: somebody with a cart, an order that is paid, a request; and staff.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use database::Pool;
use domain::paying::Outcome;
use domain::payment::Payment;
use domain::{Currency, Money, OrderId, RefundId};
use event_store::Reader;
use serde_json::{Value, json};
use sqlx::Executor;
use uuid::Uuid;

use super::super::access_rows::{For, matrix};
use super::super::accounts::Member;
use super::super::customer::contact;
use super::super::{Reply, STAFF, Shop, lines};
use super::walk::{Field, Operation};
use super::{answered, header};
use crate::command_loop::testing::loop_over;
use crate::command_loop::{Caller, Command, Paying};

/// Of these, some of the odd texts have to be taken: they are stored in every kind of place. Not what takes the account's password with
/// it, which may be sent ten times: that is of the same types.
pub const MUST_BE_TAKEN: [&str; 10] = [
    "POST /api/commands/orders/{id}/shipments carrier",
    "POST /api/commands/orders/{id}/shipments tracking",
    "POST /api/commands/products name",
    "POST /api/commands/products description",
    "PUT /api/commands/products/{sku}/details name",
    "POST /api/commands/requests title",
    "POST /api/commands/requests description",
    "POST /api/commands/requests/{id}/comments text",
    "POST /api/commands/account/addresses line1",
    "POST /api/commands/accounts email",
];

/// What a signature covers is not read before it is verified; and a key that is no text opens nothing, as one that is wrong.
pub const IS_SIGNED: [&str; 2] = ["Stripe-Signature", "Order-Key"];

const MUGS: i64 = 900;
const ADDRESS: &str = "0192f0e1-2d44-7c01-9a35-4b6f8e2d1c71";

pub struct Town {
    pub shop: Shop,
    pub pool: Pool,
    owner: Member,
    cart: String,
    order: String,
    request: String,
}

impl Town {
    pub async fn build() -> Self {
        let shop = Shop::with_mugs(10_000).await;
        let pool = shop.pool().await;
        let owner = shop.regular().await;
        let cookie = [("cookie", &*owner.cookies)];
        let cart = shop.filled(&owner, MUGS).await;
        let quote = shop
            .json(
                "POST",
                &format!("/carts/{cart}/quote"),
                &cookie,
                &json!({ "country": "DE" }),
            )
            .await;
        let body = json!({ "contact": contact(), "country": "DE", "shipping_option": "standard",
                           "total": quote.body["totals"]["total"] });
        let ordered = shop.check_out(&owner.cookies, &cart, "town", &body).await;
        assert_eq!(ordered.status, StatusCode::CREATED, "{}", ordered.body);
        let order = ordered.body["id"].as_str().unwrap().to_owned();
        shop.pay(&owner, &order, &quote.body["totals"]["total"]["minor"])
            .await;
        let asked = json!({ "kind": "missing_product", "title": "A mug for the left hand" });
        let request = shop.json("POST", "/requests", &cookie, &asked).await.body;
        let cart = shop.filled(&owner, 2).await;
        Self {
            request: request["id"].as_str().unwrap().to_owned(),
            shop,
            pool,
            owner,
            cart,
            order,
        }
    }

    /// Makes room where there is a limit: what was stored was looked at.
    pub async fn tidy(&self) {
        let (address, owner) = (ADDRESS, self.owner.id);
        let sql = format!(
            "insert into addresses (id, account_id, name, line1, postal_code, city, country)
             values ('{address}', '{owner}', 'Ada', 'Dorset Street 1', '10115', 'Berlin', 'DE')"
        );
        self.pool
            .execute(
                "delete from addresses; delete from api_keys; delete from webhook_subscriptions;
                 update accounts set created_at = now() - interval '30 days';
                 update texts set created_at = now() - interval '2 days'",
            )
            .await
            .unwrap();
        self.pool.execute(sql.as_str()).await.unwrap();
    }

    /// A body that is as it has to be, but for one field, where `json` stands for it.
    pub async fn send(&self, operation: &Operation, field: &Field, json: Option<&str>) -> Reply {
        const PLACE: &str = "the-fuzzed-field";
        let mut body = self.fitting(operation, field);
        if json.is_some() {
            *body.pointer_mut(&field.pointer).unwrap() = json!(PLACE);
        }
        let body = match json {
            Some(json) => body.to_string().replace(&format!("\"{PLACE}\""), json),
            None => body.to_string(),
        };
        let request = self.begin(operation, &self.path(operation));
        let request = request
            .header("content-type", "application/json")
            .body(Body::from(body));
        answered(self, request.unwrap()).await
    }

    /// A request with one hostile parameter. None where HTTP itself has no way to send it.
    pub fn request(
        &self,
        operation: &Operation,
        name: &str,
        place: &str,
        sent: &[u8],
    ) -> Option<Request<Body>> {
        let encoded = sent
            .iter()
            .fold(String::new(), |path, byte| path + "%" + &hex::encode([*byte]));
        let path = match place {
            "path" => {
                let hole = operation.path.replace(&format!("{{{name}}}"), &encoded);
                self.filled_in(&hole)
            }
            "query" => format!("{}?{name}={encoded}", self.path(operation)),
            _ => self.path(operation),
        };
        let mut request = self.begin(operation, &path);
        if place == "header" {
            request.headers_mut()?.insert(
                axum::http::HeaderName::from_bytes(name.to_lowercase().as_bytes()).ok()?,
                header(sent)?,
            );
        }
        let body = match operation.bodies.first() {
            Some(body) => self.overlaid(operation, body.clone()).to_string(),
            None => String::new(),
        };
        let request = request.header("content-type", "application/json");
        request.body(Body::from(body)).ok()
    }

    /// Nothing is proved by a request that was turned away before its body was read.
    #[expect(clippy::unused_self, reason = "the town answers for itself")]
    pub fn is_reached(&self, operation: &Operation, field: &Field, reply: &Reply) {
        let status = reply.status.as_u16();
        let kind = reply.body["type"].as_str().unwrap_or_default();
        let is_read = reply.status.is_success()
            || matches!(status, 409 | 422 | 429)
            // Nobody has the password that is sent.
            || kind == "/problems/wrong-credentials";
        assert!(
            is_read,
            "{} {} {} is not reached: {status} {}",
            operation.method, operation.path, field.name, reply.body
        );
    }

    fn begin(&self, operation: &Operation, path: &str) -> axum::http::request::Builder {
        let route = operation.path.strip_prefix("/api/commands").unwrap_or_default();
        let rows = matrix();
        let row = rows
            .iter()
            .find(|(method, path, ..)| *method == operation.method && *path == route);
        let (.., is_for, _) =
            row.unwrap_or_else(|| panic!("{} {route} is not in the matrix", operation.method));
        let request = Request::builder()
            .method(operation.method.as_str())
            .uri(path)
            .header("idempotency-key", Uuid::now_v7().to_string());
        match is_for {
            For::Anyone => request,
            For::Staff | For::BackOffice | For::Operations => request.header("authorization", STAFF),
            // Staff write as much as they like.
            For::Accounts if route.ends_with("/comments") => request.header("authorization", STAFF),
            For::Shoppers
            | For::CartsOwner
            | For::OrdersCustomer
            | For::Accounts
            | For::Browsers
            | For::RequestsCustomer => request.header("cookie", &self.owner.cookies),
        }
    }

    fn path(&self, operation: &Operation) -> String {
        self.filled_in(&operation.path)
    }

    fn filled_in(&self, path: &str) -> String {
        let id = match path {
            _ if path.contains("/carts/") => self.cart.clone(),
            _ if path.contains("/orders/") => self.order.clone(),
            _ if path.contains("/requests/") => self.request.clone(),
            _ if path.contains("/addresses/") => ADDRESS.to_owned(),
            _ => Uuid::now_v7().to_string(),
        };
        path.replace("{id}", &id)
            .replace("{sku}", "MUG")
            .replace("{code}", "MATRIX")
            .replace("{handle}", "0123456789abcdef")
            .replace("{shipment}", &Uuid::now_v7().to_string())
            .replace("{quote}", &Uuid::now_v7().to_string())
    }

    fn fitting(&self, operation: &Operation, field: &Field) -> Value {
        let body = operation.bodies[field.body].clone();
        let example = body.pointer(&field.pointer).cloned().unwrap_or_default();
        let mut body = self.overlaid(operation, body);
        if body.pointer(&field.pointer).is_none() {
            // What does not go together with the others goes alone.
            body = operation.bodies[field.body].clone();
        } else if body.pointer(&field.pointer) == Some(&Value::Null) {
            *body.pointer_mut(&field.pointer).unwrap() = example;
        }
        if operation.path.ends_with("/second-step") {
            // One proof is shown at a time.
            let fields = body.as_object_mut().unwrap();
            fields.retain(|name, _| field.pointer.strip_prefix('/') == Some(name));
        }
        body
    }

    /// What the examples of a description cannot say.
    fn overlaid(&self, operation: &Operation, mut body: Value) -> Value {
        let unique = Uuid::now_v7().simple().to_string().to_uppercase();
        match operation.path.strip_prefix("/api/commands").unwrap_or_default() {
            "/products" => body["sku"] = json!(format!("SKU-{unique}")),
            "/discount-codes" => body["code"] = json!(&unique[..30]),
            "/accounts" => body["email"] = json!(format!("{unique}@example.org")),
            "/requests/{id}/duplicate-of" => body["request"] = json!(self.request),
            "/orders/{id}/shipments" => body["lines"] = json!([{ "sku": "MUG", "quantity": 1 }]),
            "/carts/{id}/lines" => body["lines"][0]["sku"] = json!("MUG"),
            "/account/second-factors/passkeys/confirmation" => {
                let response = json!({ "attestationObject": "oA", "clientDataJSON": "e30" });
                body["credential"] =
                    json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response });
            }
            "/webhook-subscriptions" => body["event_types"] = json!(["cart.CartOpened"]),
            // Of something that is missing nobody knows a SKU.
            "/requests" => {
                body.as_object_mut().map(|body| body.remove("sku"));
                body.as_object_mut().map(|body| body.remove("quantity"));
            }
            _ => {}
        }
        body
    }
}

impl Shop {
    async fn filled(&self, owner: &Member, mugs: i64) -> String {
        let cookie = [("cookie", &*owner.cookies)];
        let cart = self.json("POST", "/carts", &cookie, &json!({})).await.body;
        let cart = cart["id"].as_str().unwrap().to_owned();
        let path = format!("/carts/{cart}/lines");
        self.json("POST", &path, &cookie, &lines("MUG", mugs)).await;
        cart
    }

    /// As the payment worker does once the gateway took the money.
    async fn pay(&self, owner: &Member, order: &str, total: &Value) {
        let headers = [("cookie", &*owner.cookies), ("idempotency-key", "pay")];
        let body = json!({ "payment_method": "pm_card_visa" });
        let path = format!("/orders/{order}/payment-attempts");
        let begun = self.json("POST", &path, &headers, &body).await;
        assert!(begun.status.is_success(), "{}", begun.body);
        let reader = Reader::connect(&self.url).await.unwrap();
        let (payment, _) = reader.aggregate::<Payment>(order).await.unwrap();
        let Payment::Requested { attempts, .. } = payment else {
            panic!("it was asked for");
        };
        let outcome = Outcome::Captured {
            attempt: attempts[0].id,
            reference: "pi_town".parse().unwrap(),
            amount: Money::new(total.as_i64().unwrap(), Currency::EUR),
            refund: RefundId::new(Uuid::now_v7()),
        };
        let order = OrderId::new(order.parse().unwrap());
        let paying = Paying::Settle(outcome);
        let commands = loop_over(&self.url);
        let caller = Caller {
            metadata: r#"{"actor":"gateway"}"#.to_owned(),
            ..Caller::default()
        };
        commands
            .execute(Command::Paying { order, paying }, caller)
            .await
            .unwrap();
    }
}

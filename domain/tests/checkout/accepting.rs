//! A quote is accepted into an order at the quoted price: once, in time, and by the one whom it was made for.

use domain::accepting::{self, Acceptance, Accepted, AcceptingError, Offer};
use domain::checkout::{CheckoutError, Goods, Shortage};
use domain::order::OrderEvent;
use domain::payment::PaymentEvent;
use domain::product::Product;
use domain::product_request::{Kind, ProductRequest, ProductRequestError, ProductRequestEvent, Quote};
use domain::stock::{StockEvent, StockItem};
use domain::{OwnerId, QuoteId, RequestId, Sku};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{ada, contact, country, eur, eve, mug, order, rules, shop, today, wish};

fn quote_id() -> QuoteId {
    QuoteId::new(Uuid::from_u128(0x0f))
}

fn request_id() -> RequestId {
    RequestId::new(Uuid::from_u128(0x5e))
}

/// 500 mugs for 9.90 EUR each, for a week.
fn quoted(sku: Option<Sku>) -> ProductRequest {
    let asked = ProductRequestEvent::RequestSubmitted {
        kind: Kind::Quote,
        customer: ada(),
        text: None,
        sku,
        quantity: Some(500),
    };
    let quote = Quote {
        id: quote_id(),
        unit_price: eur(990),
        quantity: 500,
        expires_at: today() + Duration::weeks(1),
    };
    let mut request = ProductRequest::default();
    request.evolve(&asked);
    request.evolve(&ProductRequestEvent::QuoteOffered { quote });
    request
}

fn accept(
    request: &ProductRequest,
    product: &Product,
    units: i64,
    by: OwnerId,
    at: OffsetDateTime,
    total: i64,
) -> Result<Accepted, AcceptingError> {
    let mut stock = StockItem::default();
    stock.evolve(&StockEvent::StockReceived { quantity: units });
    let offer = Offer {
        id: request_id(),
        request,
        goods: Goods {
            product,
            stock: &stock,
        },
        rules: &rules(),
    };
    let acceptance = Acceptance {
        quote: quote_id(),
        order: order(),
        contact: contact(),
        wish: domain::checkout::Wish {
            customer: by,
            country: country("DE"),
            at,
            ..wish()
        },
        agreed_total: eur(total),
    };
    accepting::accept(offer, acceptance)
}

fn mug_for_sale() -> Product {
    shop().goods[0].0.clone()
}

#[test]
fn a_quote_becomes_an_order_at_the_quoted_price_and_its_goods_are_reserved() {
    let accepted = accept(
        &quoted(Some(mug())),
        &mug_for_sale(),
        500,
        ada(),
        today(),
        495_000,
    )
    .expect("nothing is in the way");
    assert_eq!(
        accepted.request,
        [ProductRequestEvent::QuoteAccepted {
            quote: quote_id(),
            order: order()
        }]
    );
    let OrderEvent::OrderPlaced { placement } = &accepted.order[0] else {
        panic!("{:?}", accepted.order)
    };
    let line = &placement.lines[0];
    assert_eq!(
        (line.unit_price, line.quantity, placement.totals.total),
        (eur(990), 500, eur(495_000))
    );
    assert_eq!(placement.cart.uuid(), request_id().uuid());
    assert_eq!(
        accepted.payment,
        [PaymentEvent::PaymentRequested {
            order: order(),
            amount: eur(495_000)
        }]
    );
    assert_eq!(
        accepted.stock,
        [(
            mug(),
            vec![StockEvent::StockReserved {
                order: order(),
                quantity: 500
            }]
        )]
    );
}

#[test]
fn it_is_refused_to_others_too_late_and_twice() {
    let (request, mug) = (quoted(Some(mug())), mug_for_sale());
    let refused = |request: &ProductRequest, by, at| {
        accept(request, &mug, 500, by, at, 495_000).expect_err("it is refused")
    };
    assert_eq!(
        refused(&request, eve(), today()),
        ProductRequestError::NotFound.into()
    );
    let late = today() + Duration::weeks(1);
    assert_eq!(
        refused(&request, ada(), late),
        ProductRequestError::QuoteExpired.into()
    );
    let mut twice = request;
    twice.evolve(&ProductRequestEvent::QuoteAccepted {
        quote: quote_id(),
        order: order(),
    });
    assert_eq!(
        refused(&twice, ada(), today()),
        ProductRequestError::NoQuote { quote: quote_id() }.into()
    );
    assert_eq!(twice.order_of(ada(), quote_id()), Some(order()));
    assert_eq!(twice.order_of(eve(), quote_id()), None);
}

#[test]
fn it_is_refused_with_too_few_units_another_total_or_no_product() {
    let (request, listed) = (quoted(Some(mug())), mug_for_sale());
    let short = accept(&request, &listed, 499, ada(), today(), 495_000);
    let shortage = Shortage {
        sku: mug(),
        wanted: 500,
        available: 499,
    };
    assert_eq!(short, Err(CheckoutError::OutOfStock(vec![shortage]).into()));
    let changed = accept(&request, &listed, 500, ada(), today(), 494_999);
    let expected = CheckoutError::TotalChanged {
        agreed: eur(494_999),
        total: eur(495_000),
    };
    assert_eq!(changed, Err(expected.into()));
    let nothing = ProductRequestError::NoProduct;
    let unnamed = accept(&quoted(None), &listed, 500, ada(), today(), 495_000);
    assert_eq!(unnamed, Err(nothing.clone().into()));
    let unknown = accept(&request, &Product::Unlisted, 500, ada(), today(), 495_000);
    assert_eq!(unknown, Err(nothing.into()));
}

//! Reading your own writes: `min-version`, `min-payment-version` and `after=ID:VERSION`, and the bounded wait until a view has
//! what was asked for.
//!
//! Only one's own is waited for: of what somebody may not see they are told what they would be told if it were not there.

use std::time::Duration;

use domain::Sku;
use domain::text::{Parsed, Rule};
use futures::future::try_join_all;
use openapi::{LARGEST, whole};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::problem::Problem;
use crate::views::Views;
use crate::visitor::Visitor;
use crate::wakes::{Listener, Topic, Wakes};

/// How long a request waits before it is told that the view is behind.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks, for the wake that was lost; doubled up to `LONGEST_PAUSE`.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(80);
const MOST_WANTED: usize = 50;

/// A version that a view must have before it may answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub stream: Stream,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stream {
    Cart(Uuid),
    Product(String),
    StockItem(String),
    Order(Uuid),
    /// The payment of an order, by the order's id.
    Payment(Uuid),
    Request(Uuid),
}

/// Digits of a version.
const MOST_DIGITS: usize = 15;
const UUID: &str = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}";

/// An `after` parameter, as it is described.
pub struct After;

pub type AfterText = openapi::Text<After>;

impl Parsed for After {
    fn rule() -> Rule {
        let sku = Sku::rule().pattern.unwrap_or_default();
        let sku = sku.trim_start_matches('^').trim_end_matches('$');
        let item = format!(
            "((cart|order|payment|request)/{UUID}|((product|stock-item)/)?{sku}|{UUID}):[0-9]{{1,{MOST_DIGITS}}}"
        );
        let longest = "stock-item/:,".len() + Sku::MAX_LENGTH + MOST_DIGITS;
        Rule {
            min_length: Some(3),
            max_length: Some(MOST_WANTED * longest),
            pattern: Some(format!("^{item}(,{item}){{0,{}}}$", MOST_WANTED - 1).into()),
            example: Some("cart/0192f0c1-7a4e-7c3d-9b1e-0a4d2f6b8c10:7,KIT-MUG-STONE:2"),
            ..Rule::new("After", "ID:VERSION, several joined by commas.")
        }
    }

    fn parsed(text: &str) -> Result<Self, String> {
        parse_after(text, Stream::Cart, &mut vec![])
            .map(|()| Self)
            .map_err(|_| AFTER_RULE.to_owned())
    }
}

const AFTER_RULE: &str = "must be ID:VERSION, several joined by commas; ID is a cart's (an order's in lists of orders, a request's in \
     lists of requests) or a SKU, or cart/ID, order/ID, payment/ID, request/ID, product/SKU, stock-item/SKU";

/// Reads one `after` parameter onto the list. `id_alone` is what an id stands for that does not say it.
pub fn parse_after(
    text: &str,
    id_alone: fn(Uuid) -> Stream,
    wanted: &mut Vec<Wanted>,
) -> Result<(), Problem> {
    for item in text.split(',') {
        let read = item.rsplit_once(':').and_then(|(id, version)| {
            let version = whole(version).filter(|_| version.len() <= MOST_DIGITS)?;
            Some(Wanted {
                stream: Stream::parse(id, id_alone)?,
                version,
            })
        });
        wanted.push(read.ok_or_else(|| Problem::invalid("after", AFTER_RULE))?);
    }
    if wanted.len() > MOST_WANTED {
        return Err(Problem::invalid(
            "after",
            format!("can name at most {MOST_WANTED}"),
        ));
    }
    Ok(())
}

pub fn parse_version(field: &'static str, text: &str) -> Result<i64, Problem> {
    whole(text)
        .ok_or_else(|| Problem::invalid(field, format!("must be a version: a number from 0 to {LARGEST}")))
}

impl Stream {
    /// With its type before a slash; a SKU alone is a product's.
    fn parse(text: &str, id_alone: fn(Uuid) -> Self) -> Option<Self> {
        let of = |stream: fn(Uuid) -> Self, id: &str| {
            let is_hyphenated = id.len() == Hyphenated::LENGTH;
            Uuid::try_parse(id).ok().filter(|_| is_hyphenated).map(stream)
        };
        match text.split_once('/') {
            Some(("cart", id)) => of(Self::Cart, id),
            Some(("order", id)) => of(Self::Order, id),
            Some(("payment", id)) => of(Self::Payment, id),
            Some(("request", id)) => of(Self::Request, id),
            Some(("product", sku)) => is_sku(sku).then(|| Self::Product(sku.to_owned())),
            Some(("stock-item", sku)) => is_sku(sku).then(|| Self::StockItem(sku.to_owned())),
            Some(_) => None,
            None => of(id_alone, text).or_else(|| is_sku(text).then(|| Self::Product(text.to_owned()))),
        }
    }

    fn topic(&self) -> Topic {
        match self {
            Self::Cart(id) => Topic::Cart(*id),
            Self::Product(_) | Self::StockItem(_) => Topic::Products,
            Self::Order(id) | Self::Payment(id) => Topic::Order(*id),
            Self::Request(_) => Topic::Requests,
        }
    }
}

/// What can be a SKU; anything else names no product.
pub fn is_sku(text: &str) -> bool {
    Sku::parse(text).is_ok()
}

/// Whether anything of it is shown to some only.
pub fn is_anybodys_own(wanted: &[Wanted]) -> bool {
    wanted
        .iter()
        .any(|wanted| !matches!(wanted.stream, Stream::Product(_) | Stream::StockItem(_)))
}

/// Whether the views have all of it, as far as this visitor may know; asked in one go.
pub async fn are_met(wanted: &[Wanted], views: &Views, visitor: Visitor) -> Result<bool, Problem> {
    let answers = try_join_all(wanted.iter().map(|wanted| is_met(wanted, views, visitor))).await?;
    Ok(answers.into_iter().all(|met| met))
}

async fn is_met(
    Wanted { stream, version }: &Wanted,
    views: &Views,
    visitor: Visitor,
) -> Result<bool, Problem> {
    let has = match stream {
        Stream::Cart(id) => views.cart_version(*id, visitor).await?,
        Stream::Product(sku) => views.product_versions(sku).await?.product,
        Stream::StockItem(sku) => views.product_versions(sku).await?.stock_item,
        Stream::Order(id) => views.order_versions(*id, visitor).await?.order,
        Stream::Payment(id) => views.order_versions(*id, visitor).await?.payment,
        Stream::Request(id) => views.request_version(*id, visitor).await?,
    };
    Ok(has >= *version)
}

/// A bounded wait: look, [`Patience::pause`], look again.
pub struct Patience {
    listener: Listener,
    deadline: Instant,
    pause: Duration,
}

impl Patience {
    /// Begins to listen for changes of `topics` and of what is wanted. Look only after this: what changed
    /// earlier is heard of by nobody.
    pub fn new(wakes: &Wakes, wanted: &[Wanted], topics: impl IntoIterator<Item = Topic>) -> Self {
        let of_wanted = wanted.iter().map(|wanted| wanted.stream.topic());
        let listener = wakes.listen(topics.into_iter().chain(of_wanted));
        Self {
            listener,
            deadline: Instant::now() + PATIENCE,
            pause: FIRST_PAUSE,
        }
    }

    /// Returns when it is worth looking again; the view is behind when the time is up.
    pub async fn pause(&mut self) -> Result<(), Problem> {
        let now = Instant::now();
        if now >= self.deadline {
            return Err(Problem::ViewBehind);
        }
        let _ = timeout_at(self.deadline.min(now + self.pause), self.listener.woken()).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use openapi::fits;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_description_takes_what_is_taken(
            text in "((cart|order|payment|request|product|stock-item|x)/)?([A-Z0-9-]{1,66}|0196f8a0-1111-7222-8333-44445555666[6g]?|0196f8a0111172228333444455556666):[0-9-]{0,17},?"
        ) {
            prop_assert_eq!(fits(&After::rule(), &text), After::parsed(&text).is_ok());
            let twice = format!("{text},{text}");
            prop_assert_eq!(fits(&After::rule(), &twice), After::parsed(&twice).is_ok());
        }
    }

    const CART: &str = "0196f8a0-1111-7222-8333-444455556666";

    fn parsed(text: &str) -> Option<Vec<Wanted>> {
        let mut wanted = vec![];
        parse_after(text, Stream::Cart, &mut wanted).ok().map(|()| wanted)
    }

    #[test]
    fn an_id_tells_what_it_names() {
        let wanted = parsed(&format!(
            "{CART}:7,KIT-MUG:2,stock-item/KIT-MUG:0,product/KIT-MUG:1"
        ))
        .unwrap();
        let mug = || "KIT-MUG".to_owned();
        let expected = [
            Wanted {
                stream: Stream::Cart(Uuid::try_parse(CART).unwrap()),
                version: 7,
            },
            Wanted {
                stream: Stream::Product(mug()),
                version: 2,
            },
            Wanted {
                stream: Stream::StockItem(mug()),
                version: 0,
            },
            Wanted {
                stream: Stream::Product(mug()),
                version: 1,
            },
        ];
        assert_eq!(wanted, expected);
    }

    #[test]
    fn an_id_alone_is_an_orders_where_orders_are_listed() {
        let id = Uuid::try_parse(CART).unwrap();
        let mut wanted = vec![];
        let text = format!("{CART}:7,payment/{CART}:3,cart/{CART}:1");
        parse_after(&text, Stream::Order, &mut wanted).unwrap();
        let streams: Vec<_> = wanted.into_iter().map(|wanted| wanted.stream).collect();
        assert_eq!(
            streams,
            [Stream::Order(id), Stream::Payment(id), Stream::Cart(id)]
        );
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for wrong in [
            "",
            "7",
            CART,
            "mug:1",
            "KIT-MUG:-1",
            "KIT-MUG:x",
            "order/KIT-MUG:1",
            "cart/KIT-MUG:1",
            "A:1,",
        ] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
        assert_eq!(parsed(&["A:1"; 51].join(",")), None);
    }
}

//! The name of everything that the views keep in Redis, and nothing else names a key of theirs.
//!
//! Written by the projectors, read by the query API. What must change in one script shares a hash tag, so that the
//! same names work on Redis Cluster: a cart, an order and a shopper's entry each have a slot of their own, the products
//! are one slot, so are the requests, so are the lists of orders by state, and what is kept beside a key is tagged with that
//! whole key.

use std::fmt;
use std::sync::Arc;

use crate::order::StateList;
use crate::view::View;

/// A full copy of a view: the unix time in seconds at which its rebuild began. Grows with every rebuild.
pub type Generation = u64;

/// Builds key names below one prefix, so that several copies of the shop can share a Redis.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: Arc<str>,
}

/// A prefix with braces would be taken for a hash tag.
#[derive(Debug, thiserror::Error)]
#[error("a Redis key prefix cannot contain '{{' or '}}': {0:?}")]
pub struct InvalidPrefix(String);

impl Keys {
    pub fn new(prefix: &str) -> Result<Self, InvalidPrefix> {
        if prefix.contains(['{', '}']) {
            return Err(InvalidPrefix(prefix.to_owned()));
        }
        Ok(Self {
            prefix: prefix.into(),
        })
    }

    /// Names the generation that readers use: a [`crate::pointer::Pointer`] as JSON. Absent: the view is not built.
    pub fn pointer(&self, view: View) -> String {
        format!("{}view:{view}:generation", self.prefix)
    }

    /// Held by whoever rebuilds the view; gone after a FLUSHALL, and then the rebuild must not be shown.
    pub fn rebuild_claim(&self, view: View) -> String {
        format!("{{{}}}:rebuild", self.pointer(view))
    }

    /// There while somebody keeps the view up to date.
    pub fn kept(&self, view: View) -> String {
        format!("{}view:{view}:kept", self.prefix)
    }

    /// The newest generation number that was ever given out.
    pub fn newest_generation(&self, view: View) -> String {
        format!("{{{}}}:newest", self.pointer(view))
    }

    /// Pub/sub channel that wakes the query API. It only wakes: whoever missed a message reads the keys again.
    ///
    /// `carts`: lines `cart-id version owner`; version 0 says that this became the owner's current cart.
    /// `products`: the revision that [`Keys::products_revision`] reached.
    /// `orders`: lines `order-id version.payment-version customer`.
    /// `requests`: the revision that [`Keys::requests_revision`] reached, or lines `request-id version owner…` with those who
    /// came or went.
    pub fn changed_channel(&self, view: View) -> String {
        format!("{}view:{view}:changed", self.prefix)
    }

    /// Hash `body` (the exact JSON to send), `version`, `owner`.
    pub fn cart(&self, generation: Generation, id: impl fmt::Display) -> String {
        format!("{}view:carts:{generation}:doc:{{{id}}}", self.prefix)
    }

    /// Hash `cart` (the id of the shopper's current cart), `version` (of the stream `cart-owner/{owner}`), `named_at`
    /// (unix time in seconds).
    pub fn current_cart(&self, generation: Generation, owner: impl fmt::Display) -> String {
        format!("{}view:carts:{generation}:owner:{{{owner}}}", self.prefix)
    }

    /// Hash `body` (the exact JSON to send; empty while there is stock but no product yet), `versions`
    /// (`{"product":n,"stock-item":m}`), `rev` (the value of the revision at its last change), `stock`.
    pub fn product(&self, generation: Generation, sku: impl fmt::Display) -> String {
        format!("{}:doc:{sku}", self.products(generation))
    }

    /// String: the revision of the newest change to any product. Never reused, even if Redis forgets its last second.
    pub fn products_revision(&self, generation: Generation) -> String {
        format!("{}:revision", self.products(generation))
    }

    /// Sorted set SKU → the revision of its last change: what changed since a revision, and which SKUs there are.
    pub fn products_changed(&self, generation: Generation) -> String {
        format!("{}:changed", self.products(generation))
    }

    /// Hash `body` (the exact JSON to send; empty while there is a payment but no order yet), `versions`
    /// (`{"order":n,"payment":m}`), `summary` (the exact JSON of the order in lists), `customer`, `kept`.
    pub fn order(&self, generation: Generation, id: impl fmt::Display) -> String {
        format!("{}view:orders:{generation}:doc:{{{id}}}", self.prefix)
    }

    /// Sorted set order id → position of `OrderPlaced`: a customer's orders. An order is never taken out.
    pub fn orders_of(&self, generation: Generation, customer: impl fmt::Display) -> String {
        format!("{}view:orders:{generation}:customer:{{{customer}}}", self.prefix)
    }

    /// Sorted set order id → position of `OrderPlaced`: the orders of all customers that belong there.
    pub fn orders_in(&self, generation: Generation, list: StateList) -> String {
        format!("{}:{list}", self.order_lists(generation))
    }

    /// Hash order id → its version at which [`Keys::orders_in`] was written.
    pub fn orders_listed(&self, generation: Generation) -> String {
        format!("{}:versions", self.order_lists(generation))
    }

    /// Sorted set order id → the unix time in seconds at which it goes out of all lists: those of guests that are over.
    pub fn orders_expiring(&self, generation: Generation) -> String {
        format!("{}:expiring", self.order_lists(generation))
    }

    /// Hash `body` (the JSON to send), `versions` (the stream's), `summary` (the JSON of the request in lists), `supporters` and
    /// `followers` (how many), `customer`, `told` (the version that last changed more than who takes part), `kept`, `rev` (the
    /// value of the revision at its last change).
    pub fn request(&self, generation: Generation, id: impl fmt::Display) -> String {
        format!("{}:doc:{id}", self.generation(View::Requests, generation))
    }

    /// Set: who supports a request.
    pub fn supporters(&self, generation: Generation, id: impl fmt::Display) -> String {
        format!("{}:supporters:{id}", self.generation(View::Requests, generation))
    }

    /// Set: who follows a request.
    pub fn followers(&self, generation: Generation, id: impl fmt::Display) -> String {
        format!("{}:followers:{id}", self.generation(View::Requests, generation))
    }

    /// Set: those of a request's people whose data was erased.
    pub fn erased(&self, generation: Generation, id: impl fmt::Display) -> String {
        format!("{}:erased:{id}", self.generation(View::Requests, generation))
    }

    /// Hash request id → what somebody has to do with it, see [`crate::request::You::letters`].
    pub fn requests_of(&self, generation: Generation, owner: impl fmt::Display) -> String {
        format!("{}:of:{owner}", self.generation(View::Requests, generation))
    }

    /// String: the revision of the newest change to any request, as that of products is.
    pub fn requests_revision(&self, generation: Generation) -> String {
        format!("{}:revision", self.generation(View::Requests, generation))
    }

    /// Sorted set request id → the revision of its last change.
    pub fn requests_changed(&self, generation: Generation) -> String {
        format!("{}:changed", self.generation(View::Requests, generation))
    }

    /// Set of the parts (see [`Keys::in_carts`]) that may have counts; a product's count is the sum over them.
    pub fn in_carts_parts(&self, generation: Generation) -> String {
        format!("{}:in-carts", self.generation(View::Carts, generation))
    }

    /// Hash SKU → in how many more open carts this part of history put it. A part is `base` (what the rebuild
    /// counted) or `topic:partition` (what was consumed since); a single one may be negative.
    pub fn in_carts(&self, generation: Generation, part: &str) -> String {
        let of_view = self.generation(View::Carts, generation);
        format!("{{{of_view}:record:{part}}}:in-carts")
    }

    /// Hash `offset` (next to read), `position` (of the last event that was applied or parked), `parked` (how often
    /// the partition's parked events changed).
    pub fn record(&self, view: View, generation: Generation, topic: &str, partition: i32) -> String {
        format!("{}:record:{topic}:{partition}", self.generation(view, generation))
    }

    /// Hash `type/id` of an aggregate → why and since when its events are parked.
    pub fn parked(&self, view: View, generation: Generation, topic: &str, partition: i32) -> String {
        self.beside_record(view, generation, topic, partition, "parked")
    }

    /// List: the parked events of one aggregate (`type/id`), oldest first.
    pub fn parked_events(
        &self,
        view: View,
        generation: Generation,
        topic: &str,
        partition: i32,
        aggregate: &str,
    ) -> String {
        self.beside_record(view, generation, topic, partition, &format!("parked:{aggregate}"))
    }

    /// Hash `type/id` of an aggregate → the sequence up to which ops told us to do without unreadable events.
    pub fn discarded(&self, view: View, generation: Generation, topic: &str, partition: i32) -> String {
        self.beside_record(view, generation, topic, partition, "discarded")
    }

    /// String: the position up to which the rebuild folded PostgreSQL. A generation without it was never finished.
    pub fn start(&self, view: View, generation: Generation) -> String {
        format!("{}:start", self.generation(view, generation))
    }

    /// String: the incarnation of the log that the generation was made from.
    pub fn incarnation(&self, view: View, generation: Generation) -> String {
        format!("{}:incarnation", self.generation(view, generation))
    }

    /// String: the [`View::format`] in which the generation is written. Absent: the first.
    pub fn format(&self, view: View, generation: Generation) -> String {
        format!("{}:format", self.generation(view, generation))
    }

    /// Set while nothing new may be written to the generation: readers are about to be pointed to the next one.
    pub fn held(&self, view: View, generation: Generation) -> String {
        format!("{}:held", self.generation(view, generation))
    }

    /// `MATCH` pattern that finds every key of every generation; [`Keys::generation_of`] tells ours from a stranger's.
    pub fn every_generation(&self, view: View) -> String {
        format!("*view:{view}:[0-9]*")
    }

    /// Which generation of the view a key belongs to; none for pointers, claims and keys below another prefix.
    pub fn generation_of(&self, view: View, key: &str) -> Option<Generation> {
        let untagged = key.strip_prefix('{').unwrap_or(key).strip_prefix(&*self.prefix)?;
        let name = untagged.strip_prefix('{').unwrap_or(untagged);
        let rest = name.strip_prefix(&format!("view:{view}:"))?;
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .map_or(rest, |end| &rest[..end]);
        digits.parse().ok()
    }

    fn products(&self, generation: Generation) -> String {
        self.generation(View::Products, generation)
    }

    fn order_lists(&self, generation: Generation) -> String {
        format!("{}{{view:orders:{generation}:lists}}", self.prefix)
    }

    fn generation(&self, view: View, generation: Generation) -> String {
        match view {
            View::Carts | View::Orders => format!("{}view:{view}:{generation}", self.prefix),
            View::Products | View::Requests => format!("{}{{view:{view}:{generation}}}", self.prefix),
        }
    }

    fn beside_record(
        &self,
        view: View,
        generation: Generation,
        topic: &str,
        partition: i32,
        what: &str,
    ) -> String {
        let record = self.record(view, generation, topic, partition);
        match view {
            View::Carts | View::Orders => format!("{{{record}}}:{what}"),
            View::Products | View::Requests => format!("{record}:{what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new("test:").expect("no braces")
    }

    #[test]
    fn every_key_of_a_generation_is_found_by_the_sweep_and_pointers_are_not() {
        let keys = keys();
        let carts = [
            keys.cart(7, "c1"),
            keys.current_cart(7, "o1"),
            keys.record(View::Carts, 7, "commerce.cart", 3),
            keys.parked(View::Carts, 7, "commerce.cart", 3),
            keys.start(View::Carts, 7),
            keys.incarnation(View::Carts, 7),
            keys.held(View::Carts, 7),
            keys.in_carts_parts(7),
            keys.in_carts(7, "base"),
        ];
        for key in carts {
            assert_eq!(keys.generation_of(View::Carts, &key), Some(7), "{key}");
            assert_eq!(keys.generation_of(View::Products, &key), None, "{key}");
        }
        let products = [
            keys.product(7, "A"),
            keys.products_changed(7),
            keys.record(View::Products, 7, "commerce.product", 3),
            keys.discarded(View::Products, 7, "commerce.product", 3),
        ];
        for key in products {
            assert_eq!(keys.generation_of(View::Products, &key), Some(7), "{key}");
        }
        let orders = [
            keys.order(7, "o1"),
            keys.orders_of(7, "c1"),
            keys.orders_in(7, StateList::ReturnRequested),
            keys.orders_listed(7),
            keys.record(View::Orders, 7, "commerce.payment", 3),
            keys.parked(View::Orders, 7, "commerce.order", 3),
            keys.start(View::Orders, 7),
        ];
        for key in orders {
            assert_eq!(keys.generation_of(View::Orders, &key), Some(7), "{key}");
            assert_eq!(keys.generation_of(View::Carts, &key), None, "{key}");
        }
        let requests = [
            keys.request(7, "r1"),
            keys.requests_changed(7),
            keys.requests_revision(7),
            keys.record(View::Requests, 7, "commerce.product-request", 3),
        ];
        for key in requests {
            assert_eq!(keys.generation_of(View::Requests, &key), Some(7), "{key}");
        }
        for view in View::ALL {
            assert_eq!(keys.generation_of(view, &keys.pointer(view)), None);
            assert_eq!(keys.generation_of(view, &keys.rebuild_claim(view)), None);
            assert_eq!(keys.generation_of(view, &keys.changed_channel(view)), None);
        }
        assert_eq!(
            keys.generation_of(View::Carts, "other:view:carts:7:doc:{c1}"),
            None
        );
    }

    #[test]
    fn what_changes_in_one_script_shares_a_hash_tag() {
        fn tag(key: &str) -> &str {
            let Some(open) = key.find('{') else { return key };
            let end = key[open..].find('}').expect("a closed tag");
            &key[open + 1..open + end]
        }
        let keys = keys();
        let record = keys.record(View::Carts, 7, "commerce.cart", 3);
        assert_eq!(tag(&keys.parked(View::Carts, 7, "commerce.cart", 3)), record);
        assert_eq!(
            tag(&keys.parked_events(View::Carts, 7, "commerce.cart", 3, "cart/c1")),
            record
        );
        assert_eq!(tag(&keys.in_carts(7, "commerce.cart:3")), record);
        assert_eq!(tag(&keys.rebuild_claim(View::Carts)), keys.pointer(View::Carts));
        for key in [
            keys.record(View::Products, 7, "commerce.product", 3),
            keys.products_revision(7),
            keys.product(7, "A"),
        ] {
            assert_eq!(tag(&key), "view:products:7");
        }
        let record = keys.record(View::Orders, 7, "commerce.order", 3);
        assert_eq!(tag(&keys.parked(View::Orders, 7, "commerce.order", 3)), record);
        for list in StateList::ALL {
            assert_eq!(tag(&keys.orders_in(7, list)), "view:orders:7:lists");
        }
        assert_eq!(tag(&keys.orders_listed(7)), "view:orders:7:lists");
    }

    #[test]
    fn a_prefix_with_a_hash_tag_is_refused() {
        assert!(Keys::new("{a}").is_err());
    }
}

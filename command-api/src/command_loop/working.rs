//! The states that one turn decides on, and the part of them that one command may see.

use std::cell::RefCell;
use std::collections::HashMap;

use domain::cart::Cart;
use domain::cart_owner::CartOwner;
use domain::discount_code::{CodeCustomer, CodeUse, DiscountCode};
use domain::order::Order;
use domain::payment::Payment;
use domain::product::Product;
use domain::product_request::{ProductRequest, RequestMember};
use domain::stock::StockItem;
use domain::{
    AddressHash, CartId, Code, OrderId, OwnerId, PaymentId, RequestId, Sku, StreamId, UnreadableEvent,
};

use super::state::State;
use super::states::{Held, Known};

/// The states of one turn. Its commands see each other's events here.
#[derive(Default)]
pub struct TurnStates {
    entries: HashMap<StreamId, Entry>,
    absent: HashMap<StreamId, Absent>,
    /// Counts the commands that named their streams.
    naming: u64,
    /// What was taken out and not put back.
    lost: Vec<StreamId>,
}

struct Entry {
    known: Known,
    /// The last command that named it.
    named_in: u64,
}

/// Why a stream that was named is not loaded in this turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// It takes long, and is loaded beside the loop.
    Long,
    /// The turn has loaded enough: a later one loads it.
    Later,
}

impl TurnStates {
    /// Whether it is loaded, or will not be in this turn.
    pub fn is_settled(&self, stream: &StreamId) -> bool {
        self.entries.contains_key(stream) || self.absent.contains_key(stream)
    }

    pub fn leave_out(&mut self, stream: StreamId, why: Absent) {
        self.absent.insert(stream, why);
    }

    pub fn absent(&self, stream: &StreamId) -> Option<Absent> {
        self.absent.get(stream).copied()
    }

    pub fn insert(&mut self, stream: StreamId, known: Known) {
        self.entries.insert(stream, Entry { known, named_in: 0 });
    }

    /// Makes `streams` those that the next command may see, and gives them back, each once.
    ///
    /// # Errors
    /// Those that are not loaded.
    pub fn name(&mut self, streams: Vec<StreamId>) -> Result<Vec<StreamId>, Vec<StreamId>> {
        self.naming += 1;
        let (mut named, mut missing) = (Vec::with_capacity(streams.len()), vec![]);
        for stream in streams {
            match self.entries.get_mut(&stream) {
                Some(entry) if entry.named_in == self.naming => {}
                Some(entry) => {
                    entry.named_in = self.naming;
                    named.push(stream);
                }
                None => missing.push(stream),
            }
        }
        if missing.is_empty() {
            Ok(named)
        } else {
            Err(missing)
        }
    }

    pub fn version(&self, stream: &StreamId) -> i64 {
        self.entries.get(stream).map_or(0, |entry| entry.known.version())
    }

    pub fn unreadable(&self, stream: &StreamId) -> Option<UnreadableEvent> {
        match &self.entries.get(stream)?.known {
            Known::Unreadable(error) => Some(error.clone()),
            Known::Held(_) => None,
        }
    }

    /// Takes a state out, to be changed and put back. One that is never put back has to be loaded anew.
    pub fn take(&mut self, stream: &StreamId) -> Option<Held> {
        let entry = self.entries.remove(stream)?;
        self.lost.push(stream.clone());
        match entry.known {
            Known::Held(held) => Some(held),
            Known::Unreadable(_) => None,
        }
    }

    /// The streams whose states were taken out and not put back.
    pub fn lost(&self) -> &[StreamId] {
        &self.lost
    }

    /// Puts back what the command that is being decided took out.
    pub fn put_back(&mut self, stream: StreamId, held: Held) {
        self.lost.retain(|lost| *lost != stream);
        let known = Known::Held(held);
        let named_in = self.naming;
        self.entries.insert(stream, Entry { known, named_in });
    }

    pub fn into_held(self) -> impl Iterator<Item = (StreamId, Held)> {
        self.entries
            .into_iter()
            .filter_map(|(stream, entry)| match entry.known {
                Known::Held(held) => Some((stream, held)),
                Known::Unreadable(_) => None,
            })
    }
}

/// What one command may see.
///
/// While it names its streams, everything that is loaded. While it decides, only what it named: the append checks the
/// versions of those streams and of no others. What it asks for beyond is noted, and its decision is thrown away.
pub struct Working<'a> {
    states: &'a TurnStates,
    sees: Sees,
    unnamed: RefCell<Vec<StreamId>>,
}

#[derive(Clone, Copy)]
enum Sees {
    Everything,
    Named,
}

impl<'a> Working<'a> {
    pub fn while_naming(states: &'a TurnStates) -> Self {
        Self::over(states, Sees::Everything)
    }

    /// What the last call of [`TurnStates::name`] named.
    pub fn while_deciding(states: &'a TurnStates) -> Self {
        Self::over(states, Sees::Named)
    }

    fn over(states: &'a TurnStates, sees: Sees) -> Self {
        Self {
            states,
            sees,
            unnamed: RefCell::default(),
        }
    }

    /// The streams that were asked for without having been named.
    pub fn into_unnamed(self) -> Vec<StreamId> {
        self.unnamed.into_inner()
    }

    pub fn version(&self, stream: &StreamId) -> i64 {
        self.known(stream).map_or(0, Known::version)
    }

    fn known(&self, stream: &StreamId) -> Option<&Known> {
        let entry = self.states.entries.get(stream);
        match self.sees {
            Sees::Everything => Some(&entry?.known),
            Sees::Named => match entry {
                Some(entry) if entry.named_in == self.states.naming => Some(&entry.known),
                Some(_) | None => {
                    self.unnamed.borrow_mut().push(stream.clone());
                    None
                }
            },
        }
    }

    fn state(&self, stream: &StreamId) -> Option<&State> {
        match self.known(stream)? {
            Known::Held(held) => Some(&held.state),
            Known::Unreadable(_) => None,
        }
    }
}

/// The state of one aggregate, where the command may see it and it is of that type.
macro_rules! states {
    ($($name:ident($id:ident: $type:ty) -> $state:ident = $stream:expr;)*) => {
        impl Working<'_> {
            $(pub fn $name(&self, $id: $type) -> Option<&$state> {
                match self.state(&$stream) {
                    Some(State::$state(state)) => Some(state),
                    Some(_) | None => None,
                }
            })*
        }
    };
}
states! {
    cart(id: CartId) -> Cart = id.stream();
    cart_owner(id: OwnerId) -> CartOwner = id.stream();
    product(sku: &Sku) -> Product = StreamId::product(sku);
    stock_item(sku: &Sku) -> StockItem = StreamId::stock_item(sku);
    order(id: OrderId) -> Order = id.stream();
    payment(id: PaymentId) -> Payment = id.stream();
    discount_code(code: &Code) -> DiscountCode = StreamId::discount_code(code);
    code_customer(id: (&Code, OwnerId)) -> CodeCustomer = StreamId::code_customer(id.0, id.1);
    code_address(id: (&Code, AddressHash)) -> CodeCustomer = StreamId::code_address(id.0, id.1);
    product_request(id: RequestId) -> ProductRequest = id.stream();
    request_member(id: (RequestId, OwnerId)) -> RequestMember = StreamId::request_member(id.0, id.1);
}

impl Working<'_> {
    /// A code with what a customer used it for, and their address where that is known; none where the code is not loaded.
    pub fn code_use(
        &self,
        code: &Code,
        customer: OwnerId,
        address: Option<AddressHash>,
    ) -> Option<CodeUse<'_>> {
        Some(CodeUse {
            code: self.discount_code(code)?,
            customer: self.code_customer((code, customer)),
            address: address.and_then(|address| self.code_address((code, address))),
        })
    }
}

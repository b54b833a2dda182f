//! States as they are now, for routes that only look: from their snapshots, so that a long stream is not folded whole each time.
//!
//! Beside the loop, with a reader's connections. Nothing is decided by what is read here.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::StreamId;
use domain::cart::Cart;
use domain::cart_owner::CartOwner;
use domain::discount_code::DiscountCode;
use domain::product_request::ProductRequest;
use domain::stock::StockItem;
use event_store::Reader;
use event_store::aggregate::AggregateError;
use event_store::loading::{Found, Loaded, Room, Wanted};

use super::state::{CODE_VERSION, State};
use super::states::{Held, Known, panicked};

/// Streams that one statement loads.
const STREAMS: usize = 100;
/// Events that one statement loads.
const ROOM: Room = Room {
    in_all: 20_000,
    of_one: 2_000,
};
const PAGE: usize = 1_000;

/// The state of each stream and its version, in their order; one without events is new, at version 0.
///
/// # Errors
/// When PostgreSQL cannot be asked, or a stream holds what this release cannot read.
pub async fn current(reader: &Reader, streams: Vec<StreamId>) -> Result<Vec<(State, u64)>, AggregateError> {
    let (mut states, mut rest) = (Vec::with_capacity(streams.len()), VecDeque::from(streams));
    while !rest.is_empty() {
        let some: Vec<StreamId> = rest.drain(..STREAMS.min(rest.len())).collect();
        let wanted = some.iter().map(|stream| Wanted {
            stream: stream.clone(),
            after_version: 0,
        });
        let found = reader.load(wanted.collect(), CODE_VERSION, ROOM).await?;
        let mut later = vec![];
        for (stream, found) in some.into_iter().zip(found) {
            let held = match found {
                // Those behind it, too, so that the order stays. The first of a statement always has room.
                _ if !later.is_empty() => {
                    later.push(stream);
                    continue;
                }
                Found::Later => {
                    later.push(stream);
                    continue;
                }
                Found::Loaded(loaded) => match begin(&loaded) {
                    Some(held) => load(held, &loaded)?,
                    // The loop counts and replaces it when it comes to it.
                    None => by_pages(reader, Held::empty(stream.aggregate_type), &stream).await?,
                },
                Found::Long => {
                    let held = snapshot(reader, &stream).await?;
                    by_pages(reader, held, &stream).await?
                }
            };
            states.push((State::clone(&held.state), held.version.unsigned_abs()));
        }
        for stream in later.into_iter().rev() {
            rest.push_front(stream);
        }
    }
    Ok(states)
}

/// As [`current`] of one stream whose aggregate is known.
pub async fn current_of<A: Default + TryFrom<State>>(
    reader: &Reader,
    stream: StreamId,
) -> Result<(A, u64), AggregateError> {
    let states = current(reader, vec![stream]).await?;
    let found = states.into_iter().next();
    Ok(found.map_or_else(
        || (A::default(), 0),
        |(state, version)| (A::try_from(state).unwrap_or_default(), version),
    ))
}

/// Of one aggregate type, another one's is none.
macro_rules! aggregate {
    ($($kind:ident),+) => { $(
        impl TryFrom<State> for $kind {
            type Error = State;

            fn try_from(state: State) -> Result<Self, State> {
                match state {
                    State::$kind(state) => Ok(state),
                    other => Err(other),
                }
            }
        }
    )+ };
}

aggregate!(Cart, CartOwner, DiscountCode, ProductRequest, StockItem);

/// What a long stream begins with.
async fn snapshot(reader: &Reader, stream: &StreamId) -> Result<Held, AggregateError> {
    let mut loaded = Loaded::empty(stream.clone(), 0);
    loaded.snapshot = reader.snapshot(stream, CODE_VERSION).await?;
    Ok(begin(&loaded).unwrap_or_else(|| Held::empty(stream.aggregate_type)))
}

/// None where its snapshot cannot be read.
fn begin(loaded: &Loaded) -> Option<Held> {
    catch_unwind(AssertUnwindSafe(|| Held::begin(loaded)))
        .ok()
        .flatten()
}

fn load(held: Held, loaded: &Loaded) -> Result<Held, AggregateError> {
    match catch_unwind(AssertUnwindSafe(|| held.load(loaded))) {
        Ok(Known::Held(held)) => Ok(held),
        Ok(Known::Unreadable(error)) => Err(error.into()),
        Err(_) => Err(panicked(&loaded.stream).into()),
    }
}

async fn by_pages(reader: &Reader, mut held: Held, stream: &StreamId) -> Result<Held, AggregateError> {
    loop {
        let page = reader.page_of(stream, held.version, PAGE).await?;
        held = load(held, &page.loaded)?;
        if page.is_last {
            return Ok(held);
        }
    }
}

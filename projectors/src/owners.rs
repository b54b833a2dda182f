//! Keeps the entries that name guests' current carts as long as the carts are used.
//!
//! Such an entry expires some time after its cart was named. A cart that is used for longer prolongs it, and brings it back
//! from PostgreSQL where it has expired: a guest who opens an old cart again finds it as the current one.

use domain::{AggregateType, OwnerId};
use event_store::Reader;
use read_model::Generation;
use read_model::document::{Document, DocumentId};
use read_model::parked::ParkedOf;
use read_model::store::{Replacement, Store};
use time::OffsetDateTime;

use crate::fold::fold_all;
use crate::projector::ProjectError;

/// Entries that are prolonged with one round trip.
const PER_PIPELINE: usize = 512;

/// Until when a cart keeps its owner's entry; none for other documents.
pub fn kept_by(document: &Document) -> Option<(OwnerId, OffsetDateTime)> {
    match document {
        Document::Cart { cart, .. } => cart.as_ref()?.keeps_owner(),
        Document::CurrentCart { .. } | Document::Product(_) | Document::Order(_) | Document::Request(_) => {
            None
        }
    }
}

/// Prolongs the owners' entries at least until then.
pub async fn keep(
    store: &mut Store,
    log: &Reader,
    generation: Generation,
    owners: &[(OwnerId, OffsetDateTime)],
) -> Result<(), ProjectError> {
    for owners in owners.chunks(PER_PIPELINE) {
        for missing in store.keep_owners(generation, owners).await? {
            let until = owners.iter().filter(|(owner, _)| *owner == missing);
            let until = until.map(|(_, until)| *until).max();
            bring_back(store, log, generation, missing, until).await?;
        }
    }
    Ok(())
}

async fn bring_back(
    store: &mut Store,
    log: &Reader,
    generation: Generation,
    owner: OwnerId,
    lives_until: Option<OffsetDateTime>,
) -> Result<(), ProjectError> {
    let id = DocumentId::CurrentCart(owner);
    let stream = log
        .read_stream(AggregateType::CartOwner, &id.aggregate_id(), 0)
        .await;
    let stream = stream.map_err(|error| ProjectError::Log(error.to_string()))?;
    let mut document = id.empty();
    // An event that cannot be read is parked by whoever consumes it; up to there the entry is right.
    let _ = fold_all(&mut document, &id, &stream, &ParkedOf::default());
    if document.fence().is_empty() {
        return Ok(());
    }
    let replacement = Replacement {
        id: &id,
        folded_from: "",
        document: &document,
        lives_until,
    };
    // Refused where it was written meanwhile, and then it lives long enough.
    store.replace(generation, &[replacement], &[], None).await?;
    Ok(())
}

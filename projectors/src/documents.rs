//! The documents of a batch: read, or still at hand; folded; written if they still are what was folded from.
//!
//! Called by [`crate::projector`] before it moves the partition's record. A document that moved underneath (it may be
//! folded from several partitions, or a zombie is at work) is read and folded again.

use std::num::NonZeroUsize;

use event_store::Reader;
use lru::LruCache;
use read_model::document::{Document, DocumentId, Step};
use read_model::fields::Loaded;
use read_model::in_carts::Counts;
use read_model::order::Listing;
use read_model::parked::{Parked, ParkedOf};
use read_model::store::{Announcement, Replacement, Store};
use read_model::{Generation, View};
use time::OffsetDateTime;

use crate::batch::{self, Group, Offer};
use crate::decode::Unreadable;
use crate::fold::fold_all;
use crate::metric;
use crate::owners;
use crate::projector::ProjectError;
use crate::texts;

/// Documents that are kept at hand, so that a busy cart is not read back for every batch. An outdated one is noticed
/// when it is written.
const AT_HAND: NonZeroUsize = NonZeroUsize::new(2_048).expect("more than none");

/// A document that moves underneath this often in one batch is not moving, something is broken.
const MOST_TRIES: usize = 20;

/// People who are told at once that they came to a request or left it; the others' live streams look again by themselves.
const MOST_NAMED: usize = 100;

pub struct Documents {
    view: View,
    generation: Generation,
    store: Store,
    log: Reader,
    at_hand: LruCache<DocumentId, Loaded>,
}

/// What became of a batch.
#[derive(Default)]
pub struct Applied {
    /// What has to be set aside, on top of what is already.
    pub parked: Vec<Parked>,
    /// How many carts more or fewer hold a product. What is set aside does not count.
    pub counts: Counts,
}

/// What became of a group: the document to write, whether anything in it is new, and what it adds to the sums.
struct Folded {
    id: DocumentId,
    loaded: Loaded,
    offers: Vec<Offer>,
    changed: bool,
    counts: Counts,
}

impl Documents {
    pub fn new(view: View, generation: Generation, store: Store, log: Reader) -> Self {
        Self {
            view,
            generation,
            store,
            log,
            at_hand: LruCache::new(AT_HAND),
        }
    }

    /// Folds and writes everything.
    pub async fn write(&mut self, groups: Vec<Group>, known: &ParkedOf) -> Result<Applied, ProjectError> {
        let (mut waiting, mut applied) = (groups, Applied::default());
        for _ in 0..MOST_TRIES {
            let folded = self.fold(waiting, known, &mut applied.parked).await?;
            waiting = self.replace(folded, &mut applied.counts).await?;
            if waiting.is_empty() {
                return Ok(applied);
            }
        }
        Err(ProjectError::Restless(waiting.swap_remove(0).id))
    }

    async fn fold(
        &mut self,
        groups: Vec<Group>,
        known: &ParkedOf,
        parked: &mut Vec<Parked>,
    ) -> Result<Vec<Folded>, ProjectError> {
        let unknown: Vec<&DocumentId> = groups
            .iter()
            .map(|group| &group.id)
            .filter(|id| !self.at_hand.contains(id))
            .collect();
        let mut loaded = self.store.load(self.generation, &unknown).await?.into_iter();
        let mut folded = Vec::with_capacity(groups.len());
        for Group { id, offers } in groups {
            let loaded = match self.at_hand.pop(&id) {
                Some(at_hand) => at_hand,
                None => loaded.next().expect("one was read for each that is not at hand"),
            };
            folded.push(self.fold_group(id, offers, loaded, known, parked).await?);
        }
        let documents = folded.iter_mut().map(|folded| &mut folded.loaded.document);
        let dressed = texts::dress(&self.log, documents).await;
        dressed.map_err(|error| ProjectError::Log(error.to_string()))?;
        Ok(folded)
    }

    async fn fold_group(
        &self,
        id: DocumentId,
        mut offers: Vec<Offer>,
        mut loaded: Loaded,
        known: &ParkedOf,
        parked: &mut Vec<Parked>,
    ) -> Result<Folded, ProjectError> {
        let document = &mut loaded.document;
        let (mut changed, mut end, mut counts) = (false, offers.len(), Counts::new());
        for (at, offer) in offers.iter().enumerate() {
            let mut step = offer.fold(document, &id);
            if let Step::Gap { after } = step {
                metric::gap(self.view);
                let poison = if document.fence().is_empty() {
                    self.fill_whole(document, &id, known).await?
                } else {
                    self.fill(document, &id, offer, after, known).await?
                };
                changed |= document.sequence(offer.aggregate_type()) > after;
                if let Some(poison) = poison {
                    parked.push(batch::park(poison));
                    end = at;
                    break;
                }
                step = offer.fold(document, &id);
            }
            match step {
                Step::Applied => {
                    changed = true;
                    offer.count(&mut counts, document);
                }
                Step::Duplicate => {
                    metric::events(self.view, metric::Outcome::Duplicate, 1);
                    // If it was written before a crash, the counts were not.
                    if offer.counts_by_document() {
                        let then = self.as_it_was(&id, offer, known).await?;
                        offer.count(&mut counts, &then);
                    } else {
                        offer.count(&mut counts, document);
                    }
                }
                Step::Gap { .. } => {
                    tracing::error!(?id, "an event came through Kafka that is not in PostgreSQL");
                }
            }
        }
        for behind in offers.drain(end..) {
            if let Offer::Event(readable) = behind {
                parked.push(batch::behind_another(&readable));
            }
        }
        Ok(Folded {
            id,
            loaded,
            offers,
            changed,
            counts,
        })
    }

    /// The document right after an event that it had already, and that it has gone on from since.
    async fn as_it_was(
        &self,
        id: &DocumentId,
        after: &Offer,
        known: &ParkedOf,
    ) -> Result<Document, ProjectError> {
        let stream = self
            .log
            .read_stream_up_to(after.aggregate_type(), &id.aggregate_id(), after.sequence())
            .await;
        let stream = stream.map_err(|error| ProjectError::Log(error.to_string()))?;
        let mut document = id.empty();
        // All of it could be read when the document was written.
        let _ = fold_all(&mut document, id, &stream, known);
        Ok(document)
    }

    /// Takes what is missing before an event from PostgreSQL. What comes back is an event there that cannot be read.
    async fn fill(
        &self,
        document: &mut Document,
        id: &DocumentId,
        before: &Offer,
        after: i64,
        known: &ParkedOf,
    ) -> Result<Option<Unreadable>, ProjectError> {
        let (aggregate_type, aggregate_id) = (before.aggregate_type(), id.aggregate_id());
        tracing::warn!(%aggregate_type, aggregate_id, after, "a gap in Kafka is filled");
        let missing = self.log.read_stream(aggregate_type, &aggregate_id, after).await;
        let missing = missing.map_err(|error| ProjectError::Log(error.to_string()))?;
        Ok(fold_all(document, id, &missing, known))
    }

    /// Takes all that there is of a document that is not there at all: it has expired, say, and one of its streams goes on. The events of
    /// its other streams would never come again.
    async fn fill_whole(
        &self,
        document: &mut Document,
        id: &DocumentId,
        known: &ParkedOf,
    ) -> Result<Option<Unreadable>, ProjectError> {
        let mut whole = vec![];
        for aggregate_type in id.sources() {
            let stream = self.log.read_stream(*aggregate_type, &id.aggregate_id(), 0).await;
            whole.extend(stream.map_err(|error| ProjectError::Log(error.to_string()))?);
        }
        whole.sort_by_key(|recorded| recorded.position);
        tracing::warn!(
            ?id,
            events = whole.len(),
            "a document that is gone is folded from the log"
        );
        Ok(fold_all(document, id, &whole, known))
    }

    /// Writes what changed; gives back the groups whose documents moved underneath.
    async fn replace(
        &mut self,
        folded: Vec<Folded>,
        counts: &mut Counts,
    ) -> Result<Vec<Group>, ProjectError> {
        let replacements: Vec<Replacement<'_>> = folded
            .iter()
            .filter(|folded| folded.changed)
            .map(Folded::replacement)
            .collect();
        // Repeated for what has not changed: if it was written before a crash, perhaps it was not listed or announced.
        let listings: Vec<Listing> = folded
            .iter()
            .filter_map(|folded| folded.loaded.document.listing())
            .collect();
        let lines = changed_lines(&folded);
        let replaced = self
            .store
            .replace(
                self.generation,
                &replacements,
                &listings,
                announcement(self.view, &lines),
            )
            .await?;
        self.keep_owners(&folded).await?;
        let now = OffsetDateTime::now_utc();
        let mut replaced = replaced.into_iter();
        let mut again = vec![];
        for Folded {
            id,
            mut loaded,
            offers,
            changed,
            counts: of_group,
        } in folded
        {
            if changed && !replaced.next().unwrap_or(false) {
                again.push(Group { id, offers });
                continue;
            }
            for (sku, change) in of_group {
                *counts.entry(sku).or_default() += change;
            }
            if changed {
                loaded.fence = loaded.document.fence();
                loaded.document.written();
                metric::events(self.view, metric::Outcome::Applied, offers.len());
                let recorded_at = offers.iter().filter_map(Offer::recorded_at);
                metric::visible(self.view, recorded_at.map(|at| now - at));
            }
            self.at_hand.put(id, loaded);
        }
        Ok(again)
    }
}

impl Documents {
    /// For what was not changed as well: perhaps it was written before a crash.
    async fn keep_owners(&mut self, folded: &[Folded]) -> Result<(), ProjectError> {
        let documents = folded.iter().map(|folded| &folded.loaded.document);
        let owners: Vec<_> = documents.filter_map(owners::kept_by).collect();
        owners::keep(&mut self.store, &self.log, self.generation, &owners).await
    }
}

impl Folded {
    fn replacement(&self) -> Replacement<'_> {
        Replacement {
            id: &self.id,
            folded_from: &self.loaded.fence,
            document: &self.loaded.document,
            lives_until: None,
        }
    }
}

fn changed_lines(folded: &[Folded]) -> String {
    folded
        .iter()
        .filter_map(|folded| changed_line(&folded.id, &folded.loaded.document))
        .collect()
}

/// What is published about one document; nothing about those of other views.
pub fn changed_line(id: &DocumentId, document: &Document) -> Option<String> {
    match (id, document) {
        (
            DocumentId::Cart(id),
            Document::Cart {
                sequence,
                cart: Some(cart),
            },
        ) => Some(format!("{id} {sequence} {}\n", cart.owner)),
        (DocumentId::CurrentCart(owner), Document::CurrentCart { cart: Some(cart), .. }) => {
            Some(format!("{cart} 0 {owner}\n"))
        }
        (DocumentId::Order(id), Document::Order(order)) => {
            let read_model::order::Versions {
                order: version,
                payment,
            } = order.versions;
            let customer = order.document.as_ref()?.customer;
            Some(format!("{id} {version}.{payment} {customer}\n"))
        }
        (DocumentId::Request(id), Document::Request(request)) => {
            let named: Vec<String> = request
                .people
                .named()
                .iter()
                .take(MOST_NAMED)
                .map(ToString::to_string)
                .collect();
            (!named.is_empty()).then(|| format!("{id} {} {}\n", request.version, named.join(" ")))
        }
        _ => None,
    }
}

/// Lines as they are published behind the documents; see [`read_model::Keys::changed_channel`].
pub fn announcement(view: View, lines: &str) -> Option<Announcement<'_>> {
    (!lines.is_empty()).then_some(Announcement { view, lines })
}

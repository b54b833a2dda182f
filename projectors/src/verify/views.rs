//! Every document of a view, byte for byte, against the fold of its streams; and no document too many.

use std::collections::{HashMap, HashSet};

use read_model::document::{Document, DocumentId};
use read_model::parked::ParkedOf;
use read_model::record::PartitionOf;
use read_model::{Generation, View, fields};
use redis::AsyncCommands;
use time::OffsetDateTime;

use super::Report;
use super::lists::{self, Listings};
use super::members;
use crate::fold::fold_all;
use crate::history::History;
use crate::services::Services;
use crate::texts;

const DOCUMENTS_PER_PIPELINE: usize = 512;

pub async fn compare(services: &Services, view: View, head: i64, report: &mut Report) -> anyhow::Result<()> {
    let Some(generation) = services.store.clone().shown(view).await? else {
        report.views.insert(view.as_str(), super::ViewReport::default());
        report.differ(view.as_str(), "a view that is built", "none");
        return Ok(());
    };
    let parked = parked(services, view, generation, report).await?;
    let mut comparison = Comparison {
        services,
        view,
        generation,
        parked,
        known: HashSet::new(),
        listings: Listings::new(),
    };

    let mut history = History::read(&services.log, view, head, comparison.parked.discarded.clone());
    let mut documents = Vec::with_capacity(DOCUMENTS_PER_PIPELINE);
    loop {
        let next = history.next().await.map_err(anyhow::Error::msg)?;
        let finished = next.is_none();
        documents.extend(next);
        if finished || documents.len() == DOCUMENTS_PER_PIPELINE {
            comparison.compare(&documents, report).await?;
            documents.clear();
        }
        if finished {
            break;
        }
    }
    for unreadable in &history.unreadable {
        if !comparison.parked.aggregates.contains_key(&unreadable.aggregate) {
            report.differ(
                format!("{view} {}", unreadable.aggregate),
                "parked: it has unreadable events",
                "not parked",
            );
        }
    }
    comparison.look_for_strangers(report).await?;
    match view {
        View::Carts => {}
        View::Products => comparison.compare_changes(report).await?,
        View::Requests => {
            comparison.compare_changes(report).await?;
            members::look_for_strangers(services, generation, report).await?;
        }
        View::Orders => {
            let Comparison { parked, listings, .. } = &comparison;
            lists::compare(services, generation, listings, parked, report).await?;
        }
    }
    let documents = comparison.known.len() as u64;
    let of_view = super::ViewReport {
        generation: Some(generation),
        documents,
        parked: comparison.parked.events as u64,
    };
    report.views.insert(view.as_str(), of_view);
    Ok(())
}

struct Comparison<'a> {
    services: &'a Services,
    view: View,
    generation: Generation,
    parked: ParkedOf,
    /// The documents that the log says there are.
    known: HashSet<DocumentId>,
    /// Where the orders belong that were compared.
    listings: Listings,
}

impl Comparison<'_> {
    async fn compare(
        &mut self,
        expected: &[(DocumentId, Document)],
        report: &mut Report,
    ) -> anyhow::Result<()> {
        let ids: Vec<&DocumentId> = expected.iter().map(|(id, _)| id).collect();
        let stored = self.services.store.clone().values(self.generation, &ids).await?;
        for ((id, expected), stored) in expected.iter().zip(stored) {
            self.known.insert(id.clone());
            if self.is_parked(id) {
                continue;
            }
            let found = fields::decode(id, &stored).document;
            let mut expected = expected.clone();
            self.catch_up(id, &mut expected, &found).await?;
            texts::dress(&self.services.log, [&mut expected]).await?;
            if is_gone_for_good(id, &expected, &found) {
                continue;
            }
            members::compare(
                self.services,
                self.generation,
                id,
                &expected,
                &self.parked,
                report,
            )
            .await?;
            let listing = expected.listing();
            self.listings
                .extend(listing.map(|listing| (listing.order, listing)));
            for ((field, value), stored) in fields::encode(&expected).into_iter().zip(stored) {
                if stored.as_deref().unwrap_or_default() != value {
                    let name = format!("{} {}/{} {field}", self.view, id.sources()[0], id.aggregate_id());
                    report.differ(
                        name,
                        text(&value),
                        stored.map_or("nothing".to_owned(), |stored| text(&stored)),
                    );
                }
            }
        }
        Ok(())
    }

    /// Folds what the document has seen since the log was read.
    async fn catch_up(
        &self,
        id: &DocumentId,
        expected: &mut Document,
        found: &Document,
    ) -> anyhow::Result<()> {
        for aggregate_type in id.sources() {
            let (have, seen) = (
                expected.sequence(*aggregate_type),
                found.sequence(*aggregate_type),
            );
            if seen > have {
                let mut newer = self
                    .services
                    .log
                    .read_stream(*aggregate_type, &id.aggregate_id(), have)
                    .await?;
                newer.retain(|recorded| recorded.sequence <= seen);
                // An unreadable one shows as a difference.
                let _ = fold_all(expected, id, &newer, &self.parked);
            }
        }
        Ok(())
    }

    fn is_parked(&self, id: &DocumentId) -> bool {
        let name = |kind: &domain::AggregateType| format!("{kind}/{}", id.aggregate_id());
        !self.parked.aggregates.is_empty()
            && id
                .sources()
                .iter()
                .any(|kind| self.parked.aggregates.contains_key(&name(kind)))
    }

    /// Documents that the log knows nothing of.
    async fn look_for_strangers(&mut self, report: &mut Report) -> anyhow::Result<()> {
        let keys = self.services.store.keys().clone();
        for key in keys_of(self.services, self.view).await? {
            let Some(id) = fields::document_of(&keys, self.view, self.generation, &key) else {
                continue;
            };
            if self.known.contains(&id) {
                continue;
            }
            let mut newer = false;
            for aggregate_type in id.sources() {
                newer |= !self
                    .services
                    .log
                    .read_stream(*aggregate_type, &id.aggregate_id(), 0)
                    .await?
                    .is_empty();
            }
            if !newer {
                report.differ(
                    format!("{} {key}", self.view),
                    "nothing",
                    "a document without events",
                );
            }
        }
        Ok(())
    }

    /// What the query API reads on by: every document is among the changes, at the revision that it says itself.
    async fn compare_changes(&self, report: &mut Report) -> anyhow::Result<()> {
        let (keys, mut connection) = (
            self.services.store.keys().clone(),
            self.services.store.connection(),
        );
        let changed_key = match self.view {
            View::Requests => keys.requests_changed(self.generation),
            View::Carts | View::Products | View::Orders => keys.products_changed(self.generation),
        };
        let changes: HashMap<String, String> = connection.zrange_withscores(changed_key, 0, -1).await?;
        for id in &self.known {
            let name = id.aggregate_id();
            let revision: Option<String> = connection
                .hget(fields::key(&keys, self.generation, id), "rev")
                .await?;
            let listed = changes.get(&name).and_then(|score| score.parse::<f64>().ok());
            let own = revision
                .as_ref()
                .and_then(|revision| revision.parse::<f64>().ok());
            if listed != own {
                let found = listed.map_or("nothing".to_owned(), |listed| listed.to_string());
                report.differ(
                    format!("{} changed {name}", self.view),
                    revision.unwrap_or_default(),
                    found,
                );
            }
        }
        Ok(())
    }
}

/// Something that Redis has given up by now: see [`read_model::life`].
fn is_gone_for_good(id: &DocumentId, expected: &Document, found: &Document) -> bool {
    let has_expired = expected
        .expires_at(id)
        .is_some_and(|at| at <= OffsetDateTime::now_utc());
    has_expired && found.fence().is_empty()
}

/// Everything that is parked or discarded in a generation. Each parked aggregate is a difference of its own.
async fn parked(
    services: &Services,
    view: View,
    generation: Generation,
    report: &mut Report,
) -> anyhow::Result<ParkedOf> {
    let mut all = ParkedOf::default();
    let mut store = services.store.clone();
    for (topic, partition) in services
        .kafka
        .bounds(services.kafka.topics(view))
        .await?
        .into_keys()
    {
        let parked = store
            .parked_of(&PartitionOf {
                view,
                generation,
                topic,
                partition,
            })
            .await?;
        for (aggregate, why) in &parked.aggregates {
            report.differ(
                format!("{view} {aggregate}"),
                "every event applied",
                format!("parked: {}", why.reason),
            );
        }
        all.aggregates.extend(parked.aggregates);
        all.discarded.extend(parked.discarded);
        all.events += parked.events;
    }
    Ok(all)
}

pub(super) async fn keys_of(services: &Services, view: View) -> redis::RedisResult<Vec<String>> {
    let (mut connection, mut cursor, mut keys) = (services.store.connection(), 0_u64, vec![]);
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor)
            .arg("MATCH")
            .arg(services.store.keys().every_generation(view))
            .arg("COUNT")
            .arg(1_000);
        let (next, found): (u64, Vec<String>) = scan.query_async(&mut connection).await?;
        keys.extend(found);
        if next == 0 {
            return Ok(keys);
        }
        cursor = next;
    }
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

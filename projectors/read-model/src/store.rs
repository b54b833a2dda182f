//! The views in Redis: reading documents, replacing them, moving a partition's record.
//!
//! Called by the projectors alone, with one pipeline per batch and step. Nothing is written without naming what it was
//! folded from, so whoever acts on an outdated view of things is refused, not obeyed.

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Pipeline, RedisError, RedisResult};
use std::time::Duration;

use crate::document::{Document, DocumentId};
use crate::fields::{self, Loaded, Values};
use crate::in_carts;
use crate::keys::{Generation, Keys};
use crate::order::{Listing, StateList};
use crate::record::{Move, Moved, PartitionOf, Record};
use crate::scripts::Scripts;
use crate::view::View;

/// A big script of a rebuild may keep Redis busy for a while; longer than this it is not there.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);

/// One view's generation, or any, over one connection that heals by itself.
#[derive(Clone)]
pub struct Store {
    pub(crate) connection: ConnectionManager,
    pub(crate) scripts: Scripts,
    keys: Keys,
}

/// A document to be stored in place of the one that it was folded from.
pub struct Replacement<'a> {
    pub id: &'a DocumentId,
    /// The fence that was read, see [`Loaded`].
    pub folded_from: &'a str,
    pub document: &'a Document,
}

/// What is published about a view's documents: see [`Keys::changed_channel`].
#[derive(Clone, Copy)]
pub struct Announcement<'a> {
    pub view: View,
    pub lines: &'a str,
}

impl Store {
    pub async fn connect(url: &str, keys: Keys) -> RedisResult<Self> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(RESPONSE_TIMEOUT))
            .set_number_of_retries(2)
            .set_max_delay(Duration::from_millis(500));
        let mut connection = ConnectionManager::new_with_config(redis::Client::open(url)?, config).await?;
        let scripts = Scripts::new();
        Scripts::load(&mut connection).await?;
        Ok(Self {
            connection,
            scripts,
            keys,
        })
    }

    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// A handle of its own onto the same connection.
    pub fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    pub async fn ping(&mut self) -> RedisResult<()> {
        redis::cmd("PING").query_async(&mut self.connection).await
    }

    /// Documents in the order of `ids`; empty ones where there are none.
    pub async fn load(&mut self, generation: Generation, ids: &[&DocumentId]) -> RedisResult<Vec<Loaded>> {
        let found = self.values(generation, ids).await?;
        Ok(ids
            .iter()
            .zip(&found)
            .map(|(id, values)| fields::decode(id, values))
            .collect())
    }

    /// What is stored of documents, byte for byte: the fields that [`fields::names`] names.
    pub async fn values(&mut self, generation: Generation, ids: &[&DocumentId]) -> RedisResult<Vec<Values>> {
        if ids.is_empty() {
            return Ok(vec![]);
        }
        let mut pipeline = redis::pipe();
        for id in ids {
            pipeline
                .cmd("HMGET")
                .arg(fields::key(&self.keys, generation, id))
                .arg(fields::names(id));
        }
        pipeline.query_async(&mut self.connection).await
    }

    /// Replaces documents, and says of each whether it still was the one that was folded from.
    ///
    /// Lists come first: whoever finds a document's version finds it listed, too. What a list has to say about a version
    /// does not depend on whether the document is replaced, so that it may be repeated. `changed` is published last, for
    /// whoever waits.
    pub async fn replace(
        &mut self,
        generation: Generation,
        replacements: &[Replacement<'_>],
        listings: &[Listing],
        changed: Option<Announcement<'_>>,
    ) -> RedisResult<Vec<bool>> {
        let mut pipeline = redis::pipe();
        for listing in listings {
            self.list(&mut pipeline, generation, listing);
        }
        for replacement in replacements {
            self.replace_one(&mut pipeline, generation, replacement);
        }
        if let Some(Announcement { view, lines }) = changed {
            pipeline
                .cmd("PUBLISH")
                .arg(self.keys.changed_channel(view))
                .arg(lines)
                .ignore();
        }
        if pipeline.is_empty() {
            return Ok(vec![]);
        }
        let answers: RedisResult<Vec<u8>> = pipeline.query_async(&mut self.connection).await;
        let answers = self.reloading_scripts(answers).await?;
        Ok(answers.into_iter().map(|replaced| replaced == 1).collect())
    }

    fn list(&self, pipeline: &mut Pipeline, generation: Generation, listing: &Listing) {
        let (keys, order) = (&self.keys, listing.order.to_string());
        // A customer's orders are never taken out of their list, so that no version has to guard it.
        pipeline
            .zadd(
                keys.orders_of(generation, listing.customer),
                &order,
                listing.position,
            )
            .ignore();
        let call = self.scripts.list_order.call(pipeline, 1 + StateList::ALL.len());
        call.arg(keys.orders_listed(generation));
        for list in StateList::ALL {
            call.arg(keys.orders_in(generation, list));
        }
        call.arg(order).arg(listing.version).arg(listing.position);
        for list in StateList::ALL {
            call.arg(u8::from(listing.is_in(list)));
        }
        call.ignore();
    }

    fn replace_one(&self, pipeline: &mut Pipeline, generation: Generation, replacement: &Replacement<'_>) {
        let Replacement {
            id,
            folded_from,
            document,
        } = replacement;
        let command = match id {
            DocumentId::Cart(_) | DocumentId::CurrentCart(_) | DocumentId::Order(_) => {
                let expires_at = document.expires_at().map(|at| at.unix_timestamp().to_string());
                let command = self.scripts.replace_document.call(pipeline, 1);
                command
                    .arg(fields::key(&self.keys, generation, id))
                    .arg(fields::names(id)[0])
                    .arg(*folded_from)
                    .arg(expires_at.unwrap_or_default())
            }
            DocumentId::Request(request) => {
                let command = self.scripts.replace_with_revision.call(pipeline, 3);
                command
                    .arg(fields::key(&self.keys, generation, id))
                    .arg(self.keys.requests_revision(generation))
                    .arg(self.keys.requests_changed(generation))
                    .arg(*folded_from)
                    .arg(request.to_string())
            }
            DocumentId::Product(sku) => {
                let command = self.scripts.replace_with_revision.call(pipeline, 3);
                command
                    .arg(fields::key(&self.keys, generation, id))
                    .arg(self.keys.products_revision(generation))
                    .arg(self.keys.products_changed(generation))
                    .arg(*folded_from)
                    .arg(sku.as_str())
            }
        };
        for (field, value) in fields::encode(document) {
            command.arg(field).arg(value);
        }
    }

    /// How far a partition got. None: nobody has begun it.
    pub async fn record(&mut self, of: &PartitionOf) -> RedisResult<Option<Record>> {
        let key = of.record(&self.keys);
        let fields: Vec<Option<i64>> = self
            .connection
            .hmget(key, &["offset", "position", "parked"])
            .await?;
        Ok(Record::from_fields(&fields))
    }

    /// Moves a partition's record from where the batch began, with the sums and parked events of the batch.
    pub async fn move_record(&mut self, of: &PartitionOf, step: &Move<'_>) -> RedisResult<Moved> {
        let mut pipeline = redis::pipe();
        if step.from.is_none() && of.view.counts_in_carts() {
            // In a slot of its own: named before there is anything to count, and again if we do not get any further.
            let part = in_carts::part(&of.topic, of.partition);
            pipeline
                .sadd(self.keys.in_carts_parts(of.generation), part)
                .ignore();
        }
        step.call(
            &self.keys,
            of,
            self.scripts
                .move_record
                .call(&mut pipeline, 3 + step.parked.len()),
        );
        let answer: RedisResult<(i64,)> = pipeline.query_async(&mut self.connection).await;
        let (parked,) = self.reloading_scripts(answer).await?;
        Ok(if parked < 0 {
            Moved::Refused
        } else {
            Moved::To(step.to(parked))
        })
    }

    /// A Redis that was restarted has forgotten the scripts. What failed is tried again by the caller, from the record.
    pub(crate) async fn reloading_scripts<T>(&mut self, answer: RedisResult<T>) -> RedisResult<T> {
        if let Err(error) = &answer
            && is_unknown_script(error)
        {
            Scripts::load(&mut self.connection).await?;
        }
        answer
    }
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::NoScript)
}

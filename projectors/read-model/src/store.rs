//! The views in Redis: reading documents, replacing them, moving a partition's record.
//!
//! Called by the projectors alone, with one pipeline per batch and step. Nothing is written without naming what it was
//! folded from, so whoever acts on an outdated view of things is refused, not obeyed.

use std::time::Duration;

use domain::RequestId;
use redis::{AsyncCommands, Pipeline, RedisError, RedisResult};
use redis_connection::{Connection, Settings};
use time::OffsetDateTime;

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
    pub(crate) connection: Connection,
    pub(crate) scripts: Scripts,
    keys: Keys,
}

/// A document to be stored in place of the one that it was folded from.
pub struct Replacement<'a> {
    pub id: &'a DocumentId,
    /// The fence that was read, see [`Loaded`].
    pub folded_from: &'a str,
    pub document: &'a Document,
    /// Where it has to stay longer than it says itself.
    pub lives_until: Option<OffsetDateTime>,
}

/// What is published about a view's documents: see [`Keys::changed_channel`].
#[derive(Clone, Copy)]
pub struct Announcement<'a> {
    pub view: View,
    pub lines: &'a str,
}

impl Store {
    pub async fn connect(url: &str, keys: Keys) -> RedisResult<Self> {
        let mut connection = Settings::new(url, RESPONSE_TIMEOUT)?.lazy()?;
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
    pub fn connection(&self) -> Connection {
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
        if listing
            .expires_at
            .is_some_and(|at| at <= OffsetDateTime::now_utc())
        {
            return;
        }
        // Whoever has them in an outdated version too, an account's orders are in its list; out of a guest's they go once, and
        // readers look at whose an order is.
        let of_customer = keys.orders_of(generation, listing.customer);
        if let Some(guest) = listing.taken_from {
            pipeline.zrem(keys.orders_of(generation, guest), &order).ignore();
        }
        pipeline.zadd(&of_customer, &order, listing.position).ignore();
        if let Some(until) = listing.customer_until {
            expire_no_sooner(pipeline, &of_customer, until);
        }
        let call = self.scripts.list_order.call(pipeline, 2 + StateList::ALL.len());
        call.arg(keys.orders_listed(generation))
            .arg(keys.orders_expiring(generation));
        for list in StateList::ALL {
            call.arg(keys.orders_in(generation, list));
        }
        let expires_at = listing.expires_at.map(|at| at.unix_timestamp().to_string());
        call.arg(order)
            .arg(listing.version)
            .arg(listing.position)
            .arg(expires_at.unwrap_or_default());
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
            lives_until,
        } = replacement;
        let command = match id {
            DocumentId::Cart(_) | DocumentId::CurrentCart(_) | DocumentId::Order(_) => {
                let expires_at = document
                    .expires_at(id)
                    .map(|at| lives_until.map_or(at, |until| until.max(at)));
                let expires_at = expires_at.map(|at| at.unix_timestamp().to_string());
                let command = self.scripts.replace_document.call(pipeline, 1);
                command
                    .arg(fields::key(&self.keys, generation, id))
                    .arg(fields::names(id)[0])
                    .arg(*folded_from)
                    .arg(expires_at.unwrap_or_default())
            }
            DocumentId::Request(request) => {
                return self.replace_request(pipeline, generation, replacement, *request);
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

    fn replace_request(
        &self,
        pipeline: &mut Pipeline,
        generation: Generation,
        replacement: &Replacement<'_>,
        request: RequestId,
    ) {
        let Document::Request(held) = replacement.document else {
            return;
        };
        let (keys, people) = (&self.keys, &held.people);
        let command = self.scripts.replace_request.call(pipeline, 6);
        command
            .arg(keys.request(generation, request))
            .arg(keys.requests_revision(generation))
            .arg(keys.requests_changed(generation))
            .arg(keys.supporters(generation, request))
            .arg(keys.followers(generation, request))
            .arg(keys.erased(generation, request));
        let customer = people.customer.map(|customer| customer.to_string());
        let fields = fields::encode(replacement.document);
        command
            .arg(replacement.folded_from)
            .arg(request.to_string())
            .arg(keys.requests_of(generation, ""))
            .arg(customer.unwrap_or_default())
            .arg(u8::from(!people.is_continued()))
            .arg(2 * fields.len());
        for (field, value) in fields {
            command.arg(field).arg(value);
        }
        for (step, owner) in people.steps() {
            command.arg(step.as_str()).arg(owner.to_string());
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

/// Of two commands, since one that only prolongs takes a key that has no expiry yet for one that stays.
fn expire_no_sooner(pipeline: &mut Pipeline, key: &str, at: OffsetDateTime) {
    for only_if in ["NX", "GT"] {
        let expire = pipeline.cmd("EXPIREAT").arg(key).arg(at.unix_timestamp());
        expire.arg(only_if).ignore();
    }
}

fn is_unknown_script(error: &RedisError) -> bool {
    error.kind() == redis::ErrorKind::Server(redis::ServerErrorKind::NoScript)
}

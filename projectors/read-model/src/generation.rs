//! Making a generation: who may, how its first contents are written, and when readers are pointed to it.
//!
//! Called by rebuilds, and by the sweep that removes generations which nobody reads any more.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use redis::{AsyncCommands, RedisResult};
use uuid::Uuid;

use crate::document::{Document, DocumentId};
use crate::in_carts::{self, Counts};
use crate::json::json;
use crate::keys::Generation;
use crate::order::Listing;
use crate::pointer::{self, Pointer};
use crate::record::PartitionOf;
use crate::store::{Replacement, Store};
use crate::view::View;

/// The right to make the next generation of a view. It ends by itself when it is not renewed.
///
/// In Redis, beside what it protects, and not an advisory lock in PostgreSQL: a FLUSHALL takes it away together with
/// everything that was built, and so it is also what the pointer's script looks at before it shows the result. Two
/// builders at once would only do work twice: each has a generation of its own, and only one of them is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub view: View,
    pub generation: Generation,
    token: String,
    /// What readers were pointed to when the rebuild began.
    pub shown: Option<Generation>,
}

const COUNTS_PER_COMMAND: usize = 1_000;

impl Store {
    pub async fn shown(&mut self, view: View) -> RedisResult<Option<Generation>> {
        let keys = self.keys().clone();
        pointer::read(&mut self.connection, &keys, view).await
    }

    /// Claims the next generation; none while somebody else has it.
    pub async fn claim(&mut self, view: View, unix_time: u64, lasts: Duration) -> RedisResult<Option<Claim>> {
        let shown = self.shown(view).await?;
        let token = uuid::Uuid::new_v4().to_string();
        let mut pipeline = redis::pipe();
        let call = self.scripts.claim_rebuild.call(&mut pipeline, 2);
        call.arg(self.keys().rebuild_claim(view))
            .arg(self.keys().newest_generation(view));
        call.arg(unix_time)
            .arg(shown.unwrap_or(0))
            .arg(&token)
            .arg(milliseconds(lasts));
        let answer: RedisResult<(Generation,)> = pipeline.query_async(&mut self.connection).await;
        let (generation,) = self.reloading_scripts(answer).await?;
        Ok((generation > 0).then_some(Claim {
            view,
            generation,
            token,
            shown,
        }))
    }

    /// False: the claim is lost, and with it whatever was built.
    pub async fn renew(&mut self, claim: &Claim, lasts: Duration) -> RedisResult<bool> {
        let key = self.keys().rebuild_claim(claim.view);
        let holder: Option<String> = self.connection.get(&key).await?;
        if holder.as_deref() != Some(&claim.token) {
            return Ok(false);
        }
        self.connection
            .pexpire(&key, i64::try_from(milliseconds(lasts)).unwrap_or(i64::MAX))
            .await
    }

    /// Gives the claim up; the generation is swept away later.
    pub async fn abandon(&mut self, claim: &Claim) -> RedisResult<()> {
        if self.renew(claim, Duration::from_secs(1)).await? {
            let key = self.keys().rebuild_claim(claim.view);
            let _: () = self.connection.del(key).await?;
        }
        Ok(())
    }

    pub async fn is_claimed(&mut self, view: View) -> RedisResult<bool> {
        let key = self.keys().rebuild_claim(view);
        self.connection.exists(key).await
    }

    /// Writes documents that nobody wrote before. False: somebody did.
    pub async fn insert(
        &mut self,
        generation: Generation,
        documents: &[(DocumentId, Document)],
    ) -> RedisResult<bool> {
        let replacements: Vec<Replacement<'_>> = documents
            .iter()
            .map(|(id, document)| Replacement {
                id,
                folded_from: "",
                document,
                lives_until: None,
            })
            .collect();
        let listings: Vec<Listing> = documents
            .iter()
            .filter_map(|(_, document)| document.listing())
            .collect();
        let inserted = self.replace(generation, &replacements, &listings, None).await?;
        Ok(inserted.into_iter().all(|inserted| inserted))
    }

    /// Writes the sums that the rebuild counted.
    pub async fn set_base_counts(&mut self, generation: Generation, counts: &Counts) -> RedisResult<()> {
        let key = self.keys().in_carts(generation, in_carts::BASE);
        let counts: Vec<(&String, &i64)> = counts.iter().filter(|(_, count)| **count != 0).collect();
        let mut pipeline = redis::pipe();
        pipeline.del(&key).ignore();
        for some in counts.chunks(COUNTS_PER_COMMAND) {
            pipeline.hset_multiple(&key, some).ignore();
        }
        pipeline
            .sadd(self.keys().in_carts_parts(generation), in_carts::BASE)
            .ignore();
        pipeline.query_async(&mut self.connection).await
    }

    /// What ops discarded stays discarded in the next generation.
    pub async fn set_discarded(
        &mut self,
        of: &PartitionOf,
        discarded: &HashMap<String, i64>,
    ) -> RedisResult<()> {
        if discarded.is_empty() {
            return Ok(());
        }
        let pairs: Vec<(&String, &i64)> = discarded.iter().collect();
        let key = of.discarded(self.keys());
        self.connection.hset_multiple(key, &pairs).await
    }

    /// The position up to which the rebuild folded PostgreSQL; none where no rebuild was finished.
    pub async fn start(&mut self, view: View, generation: Generation) -> RedisResult<Option<i64>> {
        let key = self.keys().start(view, generation);
        self.connection.get(key).await
    }

    /// `incarnation`: of the log that was folded.
    pub async fn set_start(
        &mut self,
        view: View,
        generation: Generation,
        position: i64,
        incarnation: Uuid,
    ) -> RedisResult<()> {
        // Of one slot on a cluster, or of two: whoever reads the second one only does so once there is a pointer to the generation.
        let key = self.keys().incarnation(view, generation);
        let _: () = self.connection.set(key, incarnation.to_string()).await?;
        let key = self.keys().format(view, generation);
        let _: () = self.connection.set(key, view.format()).await?;
        let key = self.keys().start(view, generation);
        self.connection.set(key, position).await
    }

    /// The incarnation of the log that the generation was made from; none where an earlier release made it.
    pub async fn incarnation(&mut self, view: View, generation: Generation) -> RedisResult<Option<Uuid>> {
        let key = self.keys().incarnation(view, generation);
        let text: Option<String> = self.connection.get(key).await?;
        Ok(text.and_then(|text| Uuid::parse_str(&text).ok()))
    }

    /// Whether an earlier release made the generation, which wrote it in another way.
    pub async fn is_outdated(&mut self, view: View, generation: Generation) -> RedisResult<bool> {
        let key = self.keys().format(view, generation);
        let format: Option<u32> = self.connection.get(key).await?;
        Ok(format.unwrap_or(1) < view.format())
    }

    /// Asks the projectors to begin no batch in a generation for a while, so that the next one can overtake it.
    pub async fn hold(&mut self, view: View, generation: Generation, lasts: Duration) -> RedisResult<()> {
        let key = self.keys().held(view, generation);
        self.connection.pset_ex(key, 1, milliseconds(lasts)).await
    }

    pub async fn release(&mut self, view: View, generation: Generation) -> RedisResult<()> {
        let key = self.keys().held(view, generation);
        self.connection.del(key).await
    }

    pub async fn is_held(&mut self, view: View, generation: Generation) -> RedisResult<bool> {
        let key = self.keys().held(view, generation);
        self.connection.exists(key).await
    }

    /// Points readers to the new generation. False: the claim is lost or somebody else moved the pointer.
    pub async fn show(&mut self, claim: &Claim) -> RedisResult<bool> {
        let pointer = |generation| {
            json(&Pointer {
                generation,
                built: true,
            })
        };
        let mut pipeline = redis::pipe();
        let call = self.scripts.show_generation.call(&mut pipeline, 2);
        call.arg(self.keys().pointer(claim.view))
            .arg(self.keys().rebuild_claim(claim.view));
        call.arg(claim.shown.map_or(vec![], pointer))
            .arg(&claim.token)
            .arg(pointer(claim.generation));
        let answer: RedisResult<(u8,)> = pipeline.query_async(&mut self.connection).await;
        let (shown,) = self.reloading_scripts(answer).await?;
        Ok(shown == 1)
    }

    /// Removes every key of the view that belongs to another generation than `keep`, and says which those were.
    pub async fn remove_generations_but(
        &mut self,
        view: View,
        keep: Generation,
    ) -> RedisResult<HashSet<Generation>> {
        let keys = self.keys().clone();
        let (mut removed, mut cursor) = (HashSet::new(), 0_u64);
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor)
                .arg("MATCH")
                .arg(keys.every_generation(view))
                .arg("COUNT")
                .arg(1_000);
            let (next, found): (u64, Vec<String>) = scan.query_async(&mut self.connection).await?;
            let mut pipeline = redis::pipe();
            for key in found {
                if let Some(generation) = keys
                    .generation_of(view, &key)
                    .filter(|generation| *generation != keep)
                {
                    removed.insert(generation);
                    pipeline.cmd("UNLINK").arg(key).ignore();
                }
            }
            if !pipeline.is_empty() {
                let _: () = pipeline.query_async(&mut self.connection).await?;
            }
            if next == 0 {
                return Ok(removed);
            }
            cursor = next;
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

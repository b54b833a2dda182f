//! The sets of those who have to do with requests, and of those whose data was erased, against the fold of their events: nobody is
//! missing, nobody too many, and each is led to what is theirs.

use std::collections::{BTreeSet, HashMap};

use domain::{AggregateType, OwnerId};
use read_model::document::{Document, DocumentId};
use read_model::parked::ParkedOf;
use read_model::request::{People, You};
use read_model::{Generation, View};
use redis::AsyncCommands;
use uuid::Uuid;

use super::Report;
use super::views::keys_of;
use crate::fold::fold_all;
use crate::services::Services;

/// People about whom is asked with one round trip.
const PER_PIPELINE: usize = 1_000;

/// What Redis has of one request, at one moment: all of it is in one slot.
struct Stored {
    version: i64,
    counts: (usize, usize),
    supporters: BTreeSet<Uuid>,
    followers: BTreeSet<Uuid>,
    erased: BTreeSet<Uuid>,
}

/// `expected` was folded from all events of the request, up to some version.
pub async fn compare(
    services: &Services,
    generation: Generation,
    id: &DocumentId,
    expected: &Document,
    parked: &ParkedOf,
    report: &mut Report,
) -> anyhow::Result<()> {
    let Document::Request(request) = expected else {
        return Ok(());
    };
    let name = id.aggregate_id();
    let stored = stored(services, generation, &name).await?;
    let mut again = id.empty();
    let people = if stored.version == request.version {
        &request.people
    } else {
        // It went on meanwhile.
        let log = &services.log;
        let stream = log
            .read_stream_up_to(AggregateType::ProductRequest, &name, stored.version)
            .await?;
        let _ = fold_all(&mut again, id, &stream, parked);
        let Document::Request(request) = &again else {
            return Ok(());
        };
        &request.people
    };
    let (supporters, followers) = people.members();
    compare_set(
        &format!("requests supporters {name}"),
        &supporters,
        &stored.supporters,
        report,
    );
    compare_set(
        &format!("requests followers {name}"),
        &followers,
        &stored.followers,
        report,
    );
    compare_set(
        &format!("requests erased {name}"),
        &people.erased(),
        &stored.erased,
        report,
    );
    let counts = (supporters.len(), followers.len());
    if stored.counts != counts {
        let (expected, found) = (format!("{counts:?}"), format!("{:?}", stored.counts));
        report.differ(format!("requests counts {name}"), expected, found);
    }
    compare_letters(services, generation, &name, people, report).await
}

type Members = BTreeSet<String>;
/// `versions`, `supporters`, `followers`.
type Fields = (Option<i64>, Option<usize>, Option<usize>);

async fn stored(services: &Services, generation: Generation, request: &str) -> anyhow::Result<Stored> {
    let keys = services.store.keys();
    let (fields, supporters, followers, erased): (Fields, Members, Members, Members) = redis::pipe()
        .atomic()
        .hmget(
            keys.request(generation, request),
            &["versions", "supporters", "followers"],
        )
        .smembers(keys.supporters(generation, request))
        .smembers(keys.followers(generation, request))
        .smembers(keys.erased(generation, request))
        .query_async(&mut services.store.connection())
        .await?;
    let people = |members: BTreeSet<String>| {
        let ids = members
            .iter()
            .map(|member| Uuid::try_parse(member).unwrap_or_default());
        ids.collect()
    };
    Ok(Stored {
        version: fields.0.unwrap_or(0),
        counts: (fields.1.unwrap_or(0), fields.2.unwrap_or(0)),
        supporters: people(supporters),
        followers: people(followers),
        erased: people(erased),
    })
}

fn compare_set(name: &str, expected: &BTreeSet<Uuid>, found: &BTreeSet<Uuid>, report: &mut Report) {
    for missing in expected.difference(found) {
        report.differ(format!("{name} {missing}"), "a member", "none");
    }
    for stranger in found.difference(expected) {
        report.differ(format!("{name} {stranger}"), "none", "a member");
    }
}

/// Whether each who has to do with the request is led to it.
async fn compare_letters(
    services: &Services,
    generation: Generation,
    request: &str,
    people: &People,
    report: &mut Report,
) -> anyhow::Result<()> {
    let keys = services.store.keys();
    let owners: BTreeSet<OwnerId> = people.named().into_iter().chain(people.customer).collect();
    let owners: Vec<OwnerId> = owners.into_iter().collect();
    for owners in owners.chunks(PER_PIPELINE) {
        let mut pipeline = redis::pipe();
        for owner in owners {
            pipeline.hget(keys.requests_of(generation, owner), request);
        }
        let found: Vec<Option<String>> = pipeline.query_async(&mut services.store.connection()).await?;
        for (owner, found) in owners.iter().zip(found) {
            let (expected, found) = (people.you(*owner).letters(), found.unwrap_or_default());
            if expected != found {
                report.differ(format!("requests of {owner} {request}"), expected, found);
            }
        }
    }
    Ok(())
}

/// Whether anybody is led to what they have nothing to do with, by the sets as they are.
pub async fn look_for_strangers(
    services: &Services,
    generation: Generation,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (keys, mut redis) = (services.store.keys(), services.store.connection());
    let of_anybody = keys.requests_of(generation, "");
    for key in keys_of(services, View::Requests).await? {
        let Some(owner) = key.strip_prefix(&of_anybody) else {
            continue;
        };
        let theirs: HashMap<String, String> = redis.hgetall(&key).await?;
        for (request, letters) in theirs {
            let (customer, supports, follows): (Option<String>, bool, bool) = redis::pipe()
                .atomic()
                .hget(keys.request(generation, &request), "customer")
                .sismember(keys.supporters(generation, &request), owner)
                .sismember(keys.followers(generation, &request), owner)
                .query_async(&mut redis)
                .await?;
            let you = You {
                customer: customer.as_deref() == Some(owner),
                supports,
                follows,
            };
            if you.letters() != letters {
                report.differ(format!("requests of {owner} {request}"), you.letters(), letters);
            }
        }
    }
    Ok(())
}

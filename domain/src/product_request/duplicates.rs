//! One request is the same as another: a decision over both, stored in one transaction.
//!
//! The original gains whoever supports or follows the duplicate and not it. Where these are few they come at once, else in
//! portions later on: nobody counts twice, since each is decided on with what is known of them on both sides.

use std::collections::BTreeSet;

use super::{
    Kind, MAX_KEPT, MAX_NAMED, Membership, ProductRequest, ProductRequestError, ProductRequestEvent, Request,
    RequestMember, RequestMemberEvent, Stage,
};
use crate::ids::{OwnerId, RequestId};

/// Somebody who takes part in a duplicate, with what their own streams say of both requests.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub customer: OwnerId,
    pub in_duplicate: RequestMember,
    pub in_original: RequestMember,
}

/// What moving people comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    pub duplicate: Vec<ProductRequestEvent>,
    pub original: Vec<ProductRequestEvent>,
    /// In the original's streams of those who have one.
    pub members: Vec<(OwnerId, Vec<RequestMemberEvent>)>,
}

/// What marking a duplicate comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marked {
    pub moved: Moved,
    /// Whether there are people who are still to be moved.
    pub goes_on: bool,
}

/// `people` are those whom the duplicate keeps itself, as far as what their streams say of the original is known. Where
/// somebody is missing, nobody is moved yet.
///
/// # Errors
/// Why they are not duplicates.
pub fn mark_duplicate(
    (id, duplicate): (RequestId, &ProductRequest),
    (of, original): (RequestId, &ProductRequest),
    people: &[Person],
) -> Result<Marked, ProductRequestError> {
    if id == of {
        return Err(ProductRequestError::OfItself);
    }
    let (duplicate, original) = (submitted(duplicate)?, submitted(original)?);
    if duplicate.stage == (Stage::Duplicate { of }) {
        return Ok(Marked::default());
    }
    duplicate.open()?;
    if let Stage::Duplicate { of } = original.stage {
        return Err(ProductRequestError::OriginalIsDuplicate { of });
    }
    original.open()?;
    if duplicate.kind == Kind::Quote || duplicate.kind != original.kind {
        return Err(ProductRequestError::KindsDiffer);
    }
    let kept = &duplicate.members.kept;
    let known: BTreeSet<OwnerId> = people.iter().map(|person| person.customer).collect();
    let is_at_once = !duplicate.members.separated
        && kept.len() <= MAX_KEPT
        && kept.keys().all(|customer| known.contains(customer));
    let mut moved = if is_at_once {
        moved(id, duplicate, original, people)
    } else {
        Moved::default()
    };
    moved
        .duplicate
        .insert(0, ProductRequestEvent::RequestMarkedDuplicate { of });
    moved.original.insert(
        0,
        ProductRequestEvent::DuplicateMerged {
            duplicate: id,
            supporters: BTreeSet::new(),
            subscribers: vec![],
        },
    );
    Ok(Marked {
        moved,
        goes_on: !is_at_once,
    })
}

/// Moves the next of those who take part in a duplicate, who came past `moved` and before everybody who is not among them.
/// Nothing where it is none, or nobody is left.
pub fn move_members(
    (id, duplicate): (RequestId, &ProductRequest),
    (of, original): (RequestId, &ProductRequest),
    people: &[Person],
) -> Moved {
    let (Ok(duplicate), Ok(original)) = (submitted(duplicate), submitted(original)) else {
        return Moved::default();
    };
    if duplicate.stage != (Stage::Duplicate { of }) {
        return Moved::default();
    }
    moved(id, duplicate, original, people)
}

fn moved(id: RequestId, duplicate: &Request, original: &Request, people: &[Person]) -> Moved {
    let in_duplicate = |person: &Person| {
        duplicate
            .members
            .of(person.customer, person.in_duplicate.membership)
    };
    let mut people: Vec<(u64, &Person, Membership)> = people
        .iter()
        .map(|person| (person, in_duplicate(person)))
        .map(|(person, membership)| (membership.place, person, membership))
        .filter(|(place, ..)| *place > duplicate.members.moved)
        .collect();
    people.sort_by_key(|(place, person, _)| (*place, person.customer));
    people.truncate(MAX_NAMED);
    let Some((through, ..)) = people.last() else {
        return Moved::default();
    };
    let duplicate = vec![ProductRequestEvent::MembersMoved { through: *through }];
    let (mut supporters, mut followers) = (BTreeSet::new(), vec![]);
    for (_, person, from) in &people {
        let to = original
            .members
            .of(person.customer, person.in_original.membership);
        if from.supports && !to.supports {
            supporters.insert(person.customer);
        }
        if from.follows && !to.follows && !to.erased {
            followers.push(person.customer);
        }
    }
    if supporters.is_empty() && followers.is_empty() {
        return Moved {
            duplicate,
            ..Moved::default()
        };
    }
    let events = vec![ProductRequestEvent::SupportersMoved {
        from: id,
        supporters,
        followers,
    }];
    let members = people
        .iter()
        .filter_map(
            |(
                _,
                Person {
                    customer,
                    in_original,
                    ..
                },
                _,
            )| {
                let after = original
                    .members
                    .after(&events, *customer, in_original.membership)?;
                Some((*customer, in_original.changed(after)))
            },
        )
        .filter(|(_, changed)| !changed.is_empty())
        .collect();
    Moved {
        duplicate,
        original: events,
        members,
    }
}

fn submitted(request: &ProductRequest) -> Result<&Request, ProductRequestError> {
    match request {
        ProductRequest::Submitted(request) => Ok(request),
        ProductRequest::Unsubmitted => Err(ProductRequestError::NotFound),
    }
}

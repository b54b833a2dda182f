//! One request is the same as another: a decision over both, stored in one transaction.

use super::{Kind, ProductRequest, ProductRequestError, ProductRequestEvent, Request, Stage};
use crate::ids::RequestId;

/// What happens to the duplicate, and what to the original: it gains whoever supports or follows the duplicate and not it.
///
/// # Errors
/// Why they are not duplicates.
pub fn mark_duplicate(
    (id, duplicate): (RequestId, &ProductRequest),
    (of, original): (RequestId, &ProductRequest),
) -> Result<(Vec<ProductRequestEvent>, Vec<ProductRequestEvent>), ProductRequestError> {
    if id == of {
        return Err(ProductRequestError::OfItself);
    }
    let (duplicate, original) = (submitted(duplicate)?, submitted(original)?);
    if duplicate.stage == (Stage::Duplicate { of }) {
        return Ok((vec![], vec![]));
    }
    duplicate.open()?;
    if let Stage::Duplicate { of } = original.stage {
        return Err(ProductRequestError::OriginalIsDuplicate { of });
    }
    original.open()?;
    if duplicate.kind == Kind::Quote || duplicate.kind != original.kind {
        return Err(ProductRequestError::KindsDiffer);
    }
    let merged = ProductRequestEvent::DuplicateMerged {
        duplicate: id,
        supporters: &duplicate.supporters - &original.supporters,
        subscribers: duplicate
            .oldest_first()
            .filter(|customer| !original.subscribers.contains_key(customer))
            .collect(),
    };
    Ok((
        vec![ProductRequestEvent::RequestMarkedDuplicate { of }],
        vec![merged],
    ))
}

fn submitted(request: &ProductRequest) -> Result<&Request, ProductRequestError> {
    match request {
        ProductRequest::Submitted(request) => Ok(request),
        ProductRequest::Unsubmitted => Err(ProductRequestError::NotFound),
    }
}

//! Puts the texts that events name into the documents that were folded from them.
//!
//! Called wherever documents are stored, or compared with what is stored: the folds themselves are pure.

use std::collections::HashMap;

use domain::TextId;
use event_store::{DatabaseError, Reader};
use read_model::document::Document;
use read_model::request::Text;

/// One question to PostgreSQL for all of them, and none where nothing is wanted.
pub async fn dress<'d>(
    log: &Reader,
    documents: impl IntoIterator<Item = &'d mut Document>,
) -> Result<(), DatabaseError> {
    let mut wanting: Vec<_> = documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Request(request) => Some(request),
            Document::Cart { .. }
            | Document::CurrentCart { .. }
            | Document::Product(_)
            | Document::Order(_) => None,
        })
        .filter(|request| request.wanted().next().is_some())
        .collect();
    let ids: Vec<_> = wanting
        .iter()
        .flat_map(|request| request.wanted().map(TextId::uuid))
        .collect();
    let found: HashMap<TextId, Text> = log
        .texts(&ids)
        .await?
        .into_iter()
        .map(|(id, text)| {
            let event_store::texts::Text { title, body, link } = text;
            (TextId::new(id), Text { title, body, link })
        })
        .collect();
    for request in &mut wanting {
        request.dress(|id| found.get(&id).cloned());
    }
    Ok(())
}

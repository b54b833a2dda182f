//! Whether a message's place in the log is its own. Whoever can write to a topic can claim any position, and the position is what a
//! partition's record goes by: one message that claims a far one would make every later event of the partition look as if it had
//! been applied already, and one that claims the next would be shown in the place of the event that is there. So each batch is compared
//! with the ids that the log has at its positions. What the log does not have is set aside as what it is, a message of nobody: it moves no
//! position, and no aggregate waits for it.

use std::collections::HashMap;

use event_store::{DatabaseError, Reader};

use crate::decode::{Content, Incoming, Unreadable};

/// Takes their position from messages that the log does not have.
///
/// # Errors
/// When the log cannot be asked.
pub async fn check(log: &Reader, topic: &str, incoming: &mut [Incoming]) -> Result<(), DatabaseError> {
    let claimed: Vec<i64> = incoming.iter().filter_map(Incoming::position).collect();
    if incoming
        .iter()
        .all(|message| matches!(message.content, Content::Void))
    {
        return Ok(());
    }
    let ids = if claimed.is_empty() {
        HashMap::new()
    } else {
        log.ids_at(&claimed).await?
    };
    for message in incoming {
        let is_ours = match &message.content {
            Content::Event(readable) => {
                ids.get(&readable.recorded.position) == Some(&readable.recorded.event_id)
            }
            // Also one that claims no place. Should it be the relay's and damaged, the one behind it says that it is missing.
            Content::Unreadable(_) => is_in_log(log, message).await?,
            Content::Void => true,
        };
        if !is_ours {
            message.disown(topic);
        }
    }
    Ok(())
}

/// Whether the log has this very event at the position that the message claims.
///
/// # Errors
/// When the log cannot be asked.
pub async fn is_in_log(log: &Reader, message: &Incoming) -> Result<bool, DatabaseError> {
    let Some(position) = message.position() else {
        return Ok(false);
    };
    let Some(recorded) = log.at(position).await? else {
        return Ok(false);
    };
    Ok(match &message.content {
        Content::Event(readable) => readable.recorded.event_id == recorded.event_id,
        Content::Unreadable(unreadable) => {
            unreadable.event.sequence == Some(recorded.sequence)
                && unreadable.aggregate == crate::decode::aggregate(&recorded)
        }
        Content::Void => false,
    })
}

impl Unreadable {
    /// Whether it may be an event of an aggregate, whose later events then wait behind it. What was disowned is none.
    pub fn is_of_aggregate(&self) -> bool {
        self.event.sequence.is_some()
    }
}

impl Incoming {
    fn disown(&mut self, topic: &str) {
        if let Content::Event(readable) = &self.content {
            let reason = "it can be read".to_owned();
            let unreadable = Unreadable::event(&readable.recorded, Some(readable.offset), reason);
            self.content = Content::Unreadable(Box::new(unreadable));
        }
        if let Content::Unreadable(unreadable) = &mut self.content {
            let claimed = unreadable.event.position.take();
            let place = claimed.map_or("any position".to_owned(), |claimed| format!("position {claimed}"));
            unreadable.event.sequence = None;
            unreadable.reason = format!(
                "the log has no such event of {} at {place} ({})",
                unreadable.aggregate, unreadable.reason
            );
            unreadable.aggregate = format!("{topic}/{}", unreadable.aggregate_id);
            unreadable.recorded = None;
            unreadable.referred_to = None;
        }
    }
}

//! How a partition goes on after a batch that cannot be applied because of what is in it (a fold panics, the database refuses a value):
//! message by message, until the one is found. That one is set aside, and everything else flows.
//!
//! Kept by [`crate::partition`] and by the consumer of reporting.

use std::ops::Range;

use crate::decode::{Content, Incoming, Unreadable};

/// A batch is whatever is there, up to this many.
const MOST_MESSAGES: usize = 1_000;

/// What is remembered of a partition.
#[derive(Default)]
pub(crate) struct Care {
    /// The offsets of the batch under way.
    under_way: Range<i64>,
    /// Messages before this one are applied one by one.
    one_by_one_until: i64,
    /// Whether what is under way is one event and no more.
    alone: bool,
    /// Its position, where it is none of Kafka's: it was missing there, and was read from the log.
    filler: Option<i64>,
    /// What cannot be applied alone, and why it is set aside.
    poison: Option<(Poison, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Poison {
    /// The message at this offset.
    Message(i64),
    /// The event at this position, which Kafka does not have.
    Filler(i64),
}

impl Care {
    /// The batch under way cannot be applied, and would not be if it were tried again.
    pub(crate) fn failed(&mut self, why: String) {
        let Range { start, end } = self.under_way.clone();
        if self.alone {
            let poison = self.filler.map_or(Poison::Message(start), Poison::Filler);
            self.poison = Some((poison, why));
        } else {
            self.one_by_one_until = end;
        }
    }

    /// How many messages the next batch may have.
    pub(crate) const fn most_messages(&self, from: i64) -> usize {
        if from < self.one_by_one_until {
            1
        } else {
            MOST_MESSAGES
        }
    }

    /// Begins a batch; what cannot be applied in it is set aside.
    pub(crate) fn begin(&mut self, batch: Vec<Incoming>) -> Vec<Incoming> {
        let first = batch.first().map_or(0, |message| message.offset);
        self.under_way = first..batch.last().map_or(0, |message| message.offset + 1);
        (self.alone, self.filler) = (batch.len() <= 1, None);
        self.without_poison(batch, |message| Some(Poison::Message(message.offset)))
    }

    /// What of a batch that was begun is applied together, now that what was missing before a message is in it. Where care is needed,
    /// every event by itself; the offset of those before the message does not lead past it.
    pub(crate) fn parts(&self, batch: Vec<Incoming>) -> Vec<Vec<Incoming>> {
        let is_one = self.under_way.start + 1 == self.under_way.end;
        if batch.len() <= 1 || !is_one || self.under_way.start >= self.one_by_one_until {
            return vec![batch];
        }
        let last = batch.len() - 1;
        let events = batch.into_iter().enumerate();
        events
            .map(|(number, message)| {
                let offset = message.offset - i64::from(number < last);
                vec![Incoming { offset, ..message }]
            })
            .collect()
    }

    /// Begins a part.
    pub(crate) fn begin_part(&mut self, part: Vec<Incoming>) -> Vec<Incoming> {
        let before = self.under_way.start;
        let filler = |message: &Incoming| message.position().filter(|_| message.offset < before);
        self.alone = part.len() <= 1;
        self.filler = part.first().and_then(filler);
        self.without_poison(part, |message| filler(message).map(Poison::Filler))
    }

    fn without_poison(
        &mut self,
        batch: Vec<Incoming>,
        place: impl Fn(&Incoming) -> Option<Poison>,
    ) -> Vec<Incoming> {
        let is_here = |poison: &Poison| batch.iter().any(|message| place(message) == Some(*poison));
        let Some((poison, why)) = self.poison.take_if(|(poison, _)| is_here(poison)) else {
            return batch;
        };
        let messages = batch.into_iter();
        messages
            .map(|message| {
                if place(&message) == Some(poison) {
                    let in_kafka = match poison {
                        Poison::Message(offset) => Some(offset),
                        Poison::Filler(_) => None,
                    };
                    set_aside(message, in_kafka, &why)
                } else {
                    message
                }
            })
            .collect()
    }
}

/// `in_kafka`: at which offset, where Kafka has it.
fn set_aside(message: Incoming, in_kafka: Option<i64>, why: &str) -> Incoming {
    let Incoming {
        offset,
        origin,
        content,
    } = message;
    let content = match content {
        Content::Event(readable) => Content::Unreadable(Box::new(Unreadable::event(
            &readable.recorded,
            in_kafka,
            why.to_owned(),
        ))),
        // Nor is the log asked again for what it refers to.
        Content::Unreadable(unreadable) => Content::Unreadable(Box::new(Unreadable {
            referred_to: None,
            reason: format!("{}; {why}", unreadable.reason),
            ..*unreadable
        })),
        Content::Void => Content::Void,
    };
    Incoming {
        offset,
        origin,
        content,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(offsets: Range<i64>) -> Vec<Incoming> {
        offsets
            .map(|offset| Incoming::recorded(offset, recorded()))
            .collect()
    }

    fn recorded() -> domain::RecordedEvent {
        let json = serde_json::json!({"owner": "0196f8a0-1111-7222-8333-444455556666", "currency": "EUR"});
        domain::RecordedEvent {
            event_id: uuid::Uuid::nil(),
            position: 1,
            aggregate_type: domain::AggregateType::Cart,
            aggregate_id: "0196f8a0-1111-7222-8333-444455556667".to_owned(),
            sequence: 1,
            event_type: "CartOpened".into(),
            event_version: "1.0".into(),
            recorded_at: time::OffsetDateTime::UNIX_EPOCH,
            payload: serde_json::value::to_raw_value(&json).unwrap(),
            metadata: domain::Metadata::default(),
        }
    }

    fn set_aside(batch: &[Incoming]) -> Vec<i64> {
        let is_set_aside = |message: &&Incoming| matches!(message.content, Content::Unreadable(_));
        batch
            .iter()
            .filter(is_set_aside)
            .map(|message| message.offset)
            .collect()
    }

    /// What Kafka lacked before the message at offset 10, and the message.
    fn filled() -> Vec<Incoming> {
        let at = |position| {
            Incoming::recorded(
                10,
                domain::RecordedEvent {
                    position,
                    ..recorded()
                },
            )
        };
        vec![at(5), at(6), at(7)]
    }

    #[test]
    fn what_kafka_lacked_is_found_one_by_one_and_set_aside_alone() {
        let mut care = Care::default();
        let begin = |care: &mut Care| {
            care.begin(batch(10..11));
            care.parts(filled())
        };
        let whole = begin(&mut care);
        assert_eq!(whole.len(), 1, "at first all at once");
        care.begin_part(whole.into_iter().next().unwrap());
        care.failed("why".to_owned());

        let parts = begin(&mut care);
        let offsets: Vec<i64> = parts.iter().map(|part| part[0].offset).collect();
        assert_eq!(offsets, [9, 9, 10]);
        for part in parts.into_iter().take(2) {
            assert_eq!(set_aside(&care.begin_part(part)), [0_i64; 0]);
        }
        care.failed("why".to_owned());

        let positions: Vec<Vec<i64>> = begin(&mut care)
            .into_iter()
            .map(|part| set_aside(&care.begin_part(part)))
            .collect();
        assert_eq!(
            positions,
            [vec![], vec![9], vec![]],
            "the second, and nothing else"
        );
    }

    #[test]
    fn the_message_that_fails_is_found_one_by_one_and_set_aside_alone() {
        let mut care = Care::default();
        assert_eq!(care.most_messages(10), MOST_MESSAGES);
        assert_eq!(set_aside(&care.begin(batch(10..14))), [0_i64; 0]);
        care.failed("why".to_owned());
        assert_eq!(care.most_messages(10), 1);
        assert_eq!(set_aside(&care.begin(batch(10..11))), [0_i64; 0]);
        assert_eq!(set_aside(&care.begin(batch(11..12))), [0_i64; 0]);
        care.failed("why".to_owned());
        assert_eq!(set_aside(&care.begin(batch(11..12))), [11]);
        assert_eq!(care.most_messages(12), 1);
        assert_eq!(care.most_messages(14), MOST_MESSAGES);
    }
}

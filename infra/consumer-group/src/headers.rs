//! The headers of a message as text, whatever somebody wrote into them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rdkafka::Message;
use rdkafka::message::Headers;

/// Names and values. What is not UTF-8 is left out: it is none of ours.
///
/// Kafka takes any bytes as a name; rdkafka (0.39, `BorrowedHeaders::try_get`) panics over those that are no UTF-8, and offers no other
/// way to read them. So each header is read by itself, and one that panics is left out, too.
pub fn text_headers<M: Message>(message: &M) -> Vec<(&str, &str)> {
    message.headers().map(texts).unwrap_or_default()
}

fn texts<H: Headers>(headers: &H) -> Vec<(&str, &str)> {
    let read = |index| {
        catch_unwind(AssertUnwindSafe(|| headers.try_get(index)))
            .ok()
            .flatten()
    };
    (0..headers.count())
        .filter_map(read)
        .filter_map(|header| Some((header.key, str::from_utf8(header.value?).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use rdkafka::message::Header;

    use super::*;

    /// As librdkafka hands them out: one name that rdkafka cannot read.
    struct Odd;

    impl Headers for Odd {
        fn count(&self) -> usize {
            4
        }

        fn try_get(&self, index: usize) -> Option<Header<'_, &[u8]>> {
            let header = |key, value: &'static [u8]| {
                Some(Header {
                    key,
                    value: Some(value),
                })
            };
            match index {
                0 => header("ce_id", b"7"),
                1 => panic!("Utf8Error {{ valid_up_to: 0, error_len: Some(1) }}"),
                2 => header("ce_type", b"\xff\xfe"),
                3 => header("ce_subject", b"a cart"),
                _ => None,
            }
        }
    }

    #[test]
    fn a_header_that_is_no_text_costs_itself_alone() {
        assert_eq!(texts(&Odd), [("ce_id", "7"), ("ce_subject", "a cart")]);
    }
}

//! The lag of this process's groups as Prometheus reads it. A partition of which nothing is known has no series: nobody takes it for 0. A
//! group that is not watched any more has none either.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use crate::TopicPartition;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Behind {
    pub messages: i64,
    pub seconds: f64,
}

#[derive(Debug, Default)]
struct OfGroup {
    /// How many watches show it: while a view's generation is handed over, two do.
    watches: usize,
    /// Whether all of its partitions are known.
    known: bool,
    partitions: BTreeMap<TopicPartition, Behind>,
}

static GROUPS: Mutex<BTreeMap<String, OfGroup>> = Mutex::new(BTreeMap::new());
static COLLECTED: Once = Once::new();

/// A group's series. They vanish with it.
#[derive(Debug)]
pub(crate) struct Series {
    group: String,
}

impl Series {
    /// Unknown until something is shown.
    pub(crate) fn begin(group: &str) -> Self {
        COLLECTED.call_once(|| telemetry::metric::collect(render));
        groups().entry(group.to_owned()).or_default().watches += 1;
        Self {
            group: group.to_owned(),
        }
    }

    pub(crate) fn show(&self, known: bool, partitions: BTreeMap<TopicPartition, Behind>) {
        if let Some(group) = groups().get_mut(&self.group) {
            group.known = known;
            group.partitions = partitions;
        }
    }
}

impl Drop for Series {
    fn drop(&mut self) {
        let mut groups = groups();
        if let Some(group) = groups.get_mut(&self.group) {
            group.watches -= 1;
            if group.watches == 0 {
                groups.remove(&self.group);
            }
        }
    }
}

fn groups() -> MutexGuard<'static, BTreeMap<String, OfGroup>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn render(text: &mut String) {
    let groups = groups();
    head(
        text,
        "consumer_lag_known",
        "1: every partition's lag was measured just now; 0: nobody knows how far the group is behind.",
    );
    for (name, group) in groups.iter() {
        line(
            text,
            "consumer_lag_known",
            &[("group", name)],
            f64::from(u8::from(group.known)),
        );
    }
    head(
        text,
        "consumer_lag_messages",
        "End of the partition minus the group's checkpoint, whoever owns it. Absent while unknown.",
    );
    for_each(&groups, |labels, behind| {
        #[expect(clippy::cast_precision_loss, reason = "nobody is 2^52 messages behind")]
        line(text, "consumer_lag_messages", labels, behind.messages as f64);
    });
    head(
        text,
        "consumer_lag_seconds",
        "For how long the oldest message that was not applied has waited; 0 where none waits. Absent while unknown.",
    );
    for_each(&groups, |labels, behind| {
        line(text, "consumer_lag_seconds", labels, behind.seconds);
    });
}

fn for_each(groups: &BTreeMap<String, OfGroup>, mut show: impl FnMut(&[(&str, &str)], &Behind)) {
    for (group, of_group) in groups {
        for ((topic, partition), behind) in &of_group.partitions {
            let partition = partition.to_string();
            show(
                &[("group", group), ("topic", topic), ("partition", &partition)],
                behind,
            );
        }
    }
}

fn head(text: &mut String, name: &str, meaning: &str) {
    let written = write!(text, "# HELP {name} {meaning}\n# TYPE {name} gauge\n");
    debug_assert!(written.is_ok(), "a string can be written to");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    let labels: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"")))
        .collect();
    let written = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
    debug_assert!(written.is_ok(), "a string can be written to");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_has_no_series_and_a_group_that_ended_has_none() {
        let series = Series::begin("a-group");
        let mut text = String::new();
        render(&mut text);
        assert!(
            text.contains("consumer_lag_known{group=\"a-group\"} 0\n"),
            "{text}"
        );
        assert!(
            !text.contains("consumer_lag_messages{group=\"a-group\""),
            "{text}"
        );

        let behind = Behind {
            messages: 143,
            seconds: 1.5,
        };
        series.show(true, BTreeMap::from([(("t".to_owned(), 3), behind)]));
        text.clear();
        render(&mut text);
        let lag = "consumer_lag_messages{group=\"a-group\",topic=\"t\",partition=\"3\"} 143\n";
        assert!(text.contains(lag), "{text}");
        assert!(
            text.contains("consumer_lag_known{group=\"a-group\"} 1\n"),
            "{text}"
        );

        drop(series);
        text.clear();
        render(&mut text);
        assert!(!text.contains("a-group"), "{text}");
    }
}

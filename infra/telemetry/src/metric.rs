//! The Prometheus recorder, and every metric of Cartwright with its meaning and its buckets.
//!
//! Components count through the `metrics` macros with the names below; the admin port renders them.
//! A component registers its own series at zero when it is built, because only it knows its labels.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use metrics::{describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::InitError;

pub const BUILD_INFO: &str = "build_info";
pub const HTTP_REQUESTS: &str = "http_requests_total";
pub const HTTP_REQUEST_SECONDS: &str = "http_request_duration_seconds";

/// Requests, appends, batches: from a tenth of a millisecond to ten seconds.
const LATENCY: &[f64] = &[
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];
/// From an event's commit until a reader can see it: the aim is 2 ms, an alert begins at seconds.
const VISIBLE: &[f64] = &[
    0.0005, 0.001, 0.002, 0.004, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0,
];
/// Requests to others' servers, which may be at the other end of the world, or hang until they are given up.
const ABROAD: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0,
];
/// Commands decided in one turn of the loop.
const BATCH: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Histograms: name, buckets, what it says.
const HISTOGRAMS: &[(&str, &[f64], &str)] = &[
    (
        HTTP_REQUEST_SECONDS,
        LATENCY,
        "From a request's arrival to its answer's head, by matched route.",
    ),
    (
        "command_loop_batch_size",
        BATCH,
        "Commands that one turn of the command loop decided.",
    ),
    (
        "command_loop_turn_seconds",
        LATENCY,
        "One turn of the command loop: drain, load, decide, append, answer.",
    ),
    (
        "append_duration_seconds",
        LATENCY,
        "One append to the event store, commit included.",
    ),
    (
        "projection_apply_seconds",
        LATENCY,
        "Folding and writing one batch of a view.",
    ),
    (
        "projection_visible_seconds",
        VISIBLE,
        "From an event's commit until its view shows it.",
    ),
    (
        "webhook_attempt_seconds",
        ABROAD,
        "One attempt to send a webhook, from the look-up of the name to the answer.",
    ),
    (
        "payment_step_seconds",
        ABROAD,
        "Asking the payment gateway for one step of a payment.",
    ),
];

/// Counters: name, what it says.
const COUNTERS: &[(&str, &str)] = &[
    (
        HTTP_REQUESTS,
        "Requests answered, by matched route, method and status.",
    ),
    ("command_outcomes_total", "Commands by what became of them."),
    (
        "stream_loads_total",
        "Long streams loaded beside the command loop, by what became of them.",
    ),
    (
        "snapshots_total",
        "Snapshots of streams by what became of them; `no_room` are those for which too many others waited.",
    ),
    (
        "snapshots_ignored_total",
        "Snapshots that could not be read, or were of another log. Any of them is a fault of ours, or of whoever changed the table.",
    ),
    (
        "security_events_total",
        "Sign-ins, refusals and changes of rights, by kind and outcome; docs/security-events.md lists them.",
    ),
    ("relay_published_total", "Events that Kafka acknowledged."),
    (
        "log_incarnations_renewed_total",
        "Times that the log was found to lack what Kafka has: it was restored, or a replica was promoted.",
    ),
    (
        "relay_events_by_reference_total",
        "Events that were too large for Kafka: their messages only refer to the log. Each is worth a look.",
    ),
    (
        "projection_events_total",
        "Events by view and by what was done with them.",
    ),
    (
        "webhook_deliveries_total",
        "Attempts to send a webhook, by what became of the delivery.",
    ),
    (
        "notification_events_total",
        "Events by consumer of the notifications and by what was done with them.",
    ),
    (
        "webhook_subscriptions_disabled_total",
        "Subscriptions that were disabled because their endpoint is gone or fails for days.",
    ),
    (
        "payment_outcomes_total",
        "What payment gateways said and was stored, by what it was.",
    ),
    (
        "payment_steps_total",
        "Steps of payments that the gateway was asked for, by whether it had something to say.",
    ),
    (
        "payment_webhooks_total",
        "Webhooks of the payment gateway whose signature held, by whether they were new.",
    ),
    (
        "payment_authorisations_lapsing_total",
        "Authorisations that came near their end without being captured. Each is worth a look.",
    ),
    (
        "deadlines_total",
        "Deadlines that were acted on, by kind and by whether that worked.",
    ),
    (
        "command_loop_panics_total",
        "Commands, or whole turns, that ended in a panic. Each is a fault of ours.",
    ),
    (
        "notifications_restarts_total",
        "Times that the notifications' consumer ended and was started again.",
    ),
    (
        "tasks_restarted_total",
        "Background tasks that ended and were started again, by task.",
    ),
    (
        "mails_total",
        "Mails by what became of an attempt to hand them to the mail server.",
    ),
    (
        "maintenance_total",
        "Looks at PostgreSQL's partitions and indexes, by outcome; postponed: somebody's lock was in the way.",
    ),
];

/// Gauges: name, what it says.
const GAUGES: &[(&str, &str)] = &[
    (BUILD_INFO, "Always 1; the labels say which build this is."),
    ("live_streams_open", "Server-sent event streams that are open."),
    (
        "relay_lag_events",
        "Events stored and not yet acknowledged by Kafka; not a number while PostgreSQL does not say.",
    ),
    (
        "relay_lag_seconds",
        "Age of the oldest event that Kafka has not acknowledged; grows while PostgreSQL does not say.",
    ),
    (
        "relay_lag_known",
        "1 while PostgreSQL says how far Kafka is behind the log, else 0.",
    ),
    (
        "projection_parked_events",
        "Events set aside, because one of their aggregate cannot be applied.",
    ),
    (
        "projection_rebuild_progress_ratio",
        "How much of the log a running rebuild has folded, from 0 to 1.",
    ),
    (
        "parked_events",
        "Events set aside, because one of their aggregate cannot be told, by consumer of the notifications; not a number while PostgreSQL does not say.",
    ),
    (
        "parked_oldest_age_seconds",
        "Age of the event that has been parked for longest; 0 where there is none.",
    ),
    (
        "webhook_pending_deliveries",
        "Webhooks that are neither delivered nor given up, of subscriptions that are enabled.",
    ),
    (
        "webhook_oldest_pending_seconds",
        "Age of the oldest of those webhooks; 0 where there is none.",
    ),
    (
        "payments_unsettled",
        "Payments of which something is outstanding at the gateway, or with a shopper at their bank.",
    ),
    (
        "payments_oldest_unsettled_seconds",
        "For how long nothing new was stored of the one among them that waits the longest.",
    ),
    (
        "deadlines_overdue",
        "Deadlines, by kind, whose time has come and that nobody has acted on yet.",
    ),
    (
        "deadlines_oldest_overdue_seconds",
        "For how long the oldest of them is due.",
    ),
    (
        "deadlines_failing",
        "Those of them that were tried several times and are still there: somebody has to look at the logs.",
    ),
    (
        "stream_loads_running",
        "Long streams that are being loaded beside the command loop. Commands that need them wait.",
    ),
    (
        "command_loop_heartbeat_timestamp_seconds",
        "When the command loop last went round. One that stands still is stuck.",
    ),
    ("mails_waiting", "Mails that the mail server has not taken yet."),
    (
        "mails_overdue_seconds",
        "For how long the oldest of them should have been sent; 0 where none is late.",
    ),
    (
        "projection_parked_streams",
        "Streams of which an event cannot be applied, so that their later ones wait, by view.",
    ),
    (
        "receipt_partitions_end_timestamp_seconds",
        "Until then receipts have partitions. Made ten days ahead; once it has passed, commands with an Idempotency-Key fail.",
    ),
];

/// Samples of histograms are kept one by one until they are put into their buckets. That happens when
/// Prometheus asks, and this often when nobody does, so that memory stays where it is.
const UPKEEP: Duration = Duration::from_secs(1);

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

pub(crate) fn install(service: &'static str) -> Result<(), InitError> {
    if RECORDER.get().is_some() {
        return Ok(());
    }
    let mut builder = PrometheusBuilder::new();
    for (name, buckets, _) in HISTOGRAMS {
        let matcher = Matcher::Full((*name).to_owned());
        builder = builder
            .set_buckets_for_metric(matcher, buckets)
            .map_err(refused)?;
    }
    // Two tests of one process may both arrive here; the one that is second has nothing left to do.
    let Ok(handle) = builder.install_recorder() else {
        return Ok(());
    };
    let upkeep = handle.clone();
    let _ = RECORDER.set(handle);

    for (name, _, meaning) in HISTOGRAMS {
        describe_histogram!(*name, *meaning);
    }
    for (name, meaning) in COUNTERS {
        describe_counter!(*name, *meaning);
    }
    for (name, meaning) in GAUGES {
        describe_gauge!(*name, *meaning);
    }
    gauge!(BUILD_INFO, "service" => service, "version" => env!("CARGO_PKG_VERSION")).set(1.0);

    // A thread, not a task: `init` comes before the runtime, and some commands never open an admin port.
    thread::Builder::new()
        .name("metrics-upkeep".to_owned())
        .spawn(move || {
            loop {
                thread::sleep(UPKEEP);
                upkeep.run_upkeep();
            }
        })
        .map_err(refused)?;
    Ok(())
}

fn refused(error: impl std::fmt::Display) -> InitError {
    InitError::Recorder(error.to_string())
}

/// Components that write series themselves, since those come and go and the recorder forgets none.
static COLLECTORS: Mutex<Vec<Collector>> = Mutex::new(vec![]);

/// Appends its series, with `# HELP` and `# TYPE`, in Prometheus's text format.
pub type Collector = fn(&mut String);

/// Has `collector` asked whenever metrics are rendered. To be called once for each.
pub fn collect(collector: Collector) {
    COLLECTORS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(collector);
}

/// Everything counted so far, in Prometheus's text format; empty before [`crate::init`].
pub fn render() -> String {
    let mut text = RECORDER.get().map(PrometheusHandle::render).unwrap_or_default();
    for collector in COLLECTORS.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        collector(&mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_build_is_named_and_histograms_have_buckets() {
        crate::init("telemetry-test").unwrap();
        metrics::histogram!("append_duration_seconds").record(0.002);
        let text = render();
        assert!(text.contains("build_info{service=\"telemetry-test\""), "{text}");
        assert!(
            text.contains("append_duration_seconds_bucket{le=\"0.0025\"} 1"),
            "{text}"
        );
        assert!(
            text.contains("append_duration_seconds_bucket{le=\"0.001\"} 0"),
            "{text}"
        );
    }

    /// Prometheus shows operators the words of `# HELP`: a metric without any is a riddle.
    #[test]
    fn every_metric_that_is_counted_is_described() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let sources: Vec<String> = ["command-api", "query-api", "projectors", "infra"]
            .iter()
            .flat_map(|folder| sources(&workspace.join(folder)))
            .collect();
        let named = |macros: &[&str]| -> BTreeSet<String> {
            let mut names = BTreeSet::new();
            for (source, name) in sources
                .iter()
                .flat_map(|source| macros.iter().map(move |name| (source, name)))
            {
                let call = format!("{name}!(");
                let called = source.split(&call).skip(1);
                let first =
                    called.filter_map(|after| after.trim_start().strip_prefix('"')?.split('"').next());
                names.extend(first.map(str::to_owned));
            }
            names
        };
        let mut described = named(&["describe_counter", "describe_gauge", "describe_histogram"]);
        described.extend(HISTOGRAMS.iter().map(|(name, ..)| (*name).to_owned()));
        described.extend(COUNTERS.iter().chain(GAUGES).map(|(name, _)| (*name).to_owned()));
        let counted = named(&[" counter", " gauge", " histogram", "(histogram", "::histogram"]);
        assert!(counted.len() > 30, "{counted:?}");
        let riddles: Vec<&String> = counted.difference(&described).collect();
        assert!(riddles.is_empty(), "{riddles:?}");
    }

    fn sources(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let paths = entries.map(|entry| entry.path());
        let mut found = vec![];
        for path in paths.filter(|path| !path.ends_with("target") && !path.ends_with("node_modules")) {
            if path.is_dir() {
                found.extend(sources(&path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.extend(std::fs::read_to_string(&path));
            }
        }
        found
    }

    #[test]
    fn buckets_grow() {
        for (name, buckets, _) in HISTOGRAMS {
            assert!(
                buckets.is_sorted_by(|a, b| a < b),
                "the buckets of {name} are out of order"
            );
        }
    }
}

//! Security events: who signed in, who was refused, and which rights changed. Each is one line of the log (target
//! `security`) and one count in `security_events_total{kind,outcome}`; `docs/security-events.md` lists them.
//!
//! A line names an account by its id and a network by a keyed hash. It never has an address, a name or a secret: what is
//! recorded is of types that cannot hold one.

mod watch;

use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use metrics::counter;
use uuid::Uuid;

pub use watch::{Watch, identified, in_its_name, layer};

/// The name of the counter.
pub const SECURITY_EVENTS: &str = "security_events_total";

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    Registered,
    SignedIn,
    /// A wrong password, or no such account.
    SignInFailed,
    /// The account takes no more guesses for a while.
    SignInLocked,
    SignedOut,
    /// The owner ended one session from another one.
    SessionEnded,
    SignedOutEverywhere,
    PasswordChanged,
    /// A wrong password where it has to be confirmed by somebody who is signed in.
    PasswordRefused,
    PasswordResetAsked,
    PasswordReset,
    FactorAdded,
    FactorRemoved,
    /// A wrong code, passkey or recovery code after the right password.
    FactorRefused,
    RecoveryCodeUsed,
    RecoveryCodesMade,
    /// By whoever runs the shop, or by a link to an address that nobody had confirmed: every factor of the account is gone.
    FactorsReset,
    EmailChangeAsked,
    EmailConfirmed,
    EmailChanged,
    ApiKeyMade,
    ApiKeyRevoked,
    ApiKeyRefused,
    RoleGranted,
    RoleRevoked,
    /// A limit refused a request; the detail names it.
    LimitReached,
    /// 401: the route needs a session or credentials.
    NotAuthenticated,
    /// 403: the route needs another role.
    NotAllowed,
    CrossSite,
    StaffTokenRefused,
    OrderKeyRefused,
    PaymentWebhookRefused,
    AccountErased,
    ExportTaken,
}

impl Event {
    pub const ALL: [Self; 34] = [
        Self::Registered,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignInLocked,
        Self::SignedOut,
        Self::SessionEnded,
        Self::SignedOutEverywhere,
        Self::PasswordChanged,
        Self::PasswordRefused,
        Self::PasswordResetAsked,
        Self::PasswordReset,
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::FactorRefused,
        Self::RecoveryCodeUsed,
        Self::RecoveryCodesMade,
        Self::FactorsReset,
        Self::EmailChangeAsked,
        Self::EmailConfirmed,
        Self::EmailChanged,
        Self::ApiKeyMade,
        Self::ApiKeyRevoked,
        Self::ApiKeyRefused,
        Self::RoleGranted,
        Self::RoleRevoked,
        Self::LimitReached,
        Self::NotAuthenticated,
        Self::NotAllowed,
        Self::CrossSite,
        Self::StaffTokenRefused,
        Self::OrderKeyRefused,
        Self::PaymentWebhookRefused,
        Self::AccountErased,
        Self::ExportTaken,
    ];

    /// The labels `kind` and `outcome`.
    pub const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Registered => ("registration", "done"),
            Self::SignedIn => ("sign-in", "done"),
            Self::SignInFailed => ("sign-in", "failed"),
            Self::SignInLocked => ("sign-in", "locked"),
            Self::SignedOut => ("sign-out", "done"),
            Self::SessionEnded => ("sign-out", "one-session"),
            Self::SignedOutEverywhere => ("sign-out", "everywhere"),
            Self::PasswordChanged => ("password", "changed"),
            Self::PasswordRefused => ("password", "refused"),
            Self::PasswordResetAsked => ("password", "reset-asked"),
            Self::PasswordReset => ("password", "reset"),
            Self::FactorAdded => ("second-factor", "added"),
            Self::FactorRemoved => ("second-factor", "removed"),
            Self::FactorRefused => ("second-factor", "refused"),
            Self::RecoveryCodeUsed => ("second-factor", "recovery-code-used"),
            Self::RecoveryCodesMade => ("second-factor", "recovery-codes-made"),
            Self::FactorsReset => ("second-factor", "reset"),
            Self::EmailChangeAsked => ("email", "change-asked"),
            Self::EmailConfirmed => ("email", "confirmed"),
            Self::EmailChanged => ("email", "changed"),
            Self::ApiKeyMade => ("api-key", "made"),
            Self::ApiKeyRevoked => ("api-key", "revoked"),
            Self::ApiKeyRefused => ("api-key", "refused"),
            Self::RoleGranted => ("role", "granted"),
            Self::RoleRevoked => ("role", "revoked"),
            Self::LimitReached => ("limit", "reached"),
            Self::NotAuthenticated => ("access", "not-authenticated"),
            Self::NotAllowed => ("access", "not-allowed"),
            Self::CrossSite => ("cross-site", "refused"),
            Self::StaffTokenRefused => ("staff-token", "refused"),
            Self::OrderKeyRefused => ("order-key", "refused"),
            Self::PaymentWebhookRefused => ("payment-webhook", "refused"),
            Self::AccountErased => ("account", "erased"),
            Self::ExportTaken => ("account", "exported"),
        }
    }

    /// Whether somebody was turned away: then the answer's status says nothing new.
    const fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::SignInFailed
                | Self::SignInLocked
                | Self::PasswordRefused
                | Self::FactorRefused
                | Self::ApiKeyRefused
                | Self::LimitReached
                | Self::NotAuthenticated
                | Self::NotAllowed
                | Self::CrossSite
                | Self::StaffTokenRefused
                | Self::OrderKeyRefused
                | Self::PaymentWebhookRefused
        )
    }
}

/// Lines a second of one kind, after a burst. Whoever is refused a thousand times a second must not fill the disk.
const LINES: NonZeroU32 = NonZeroU32::new(10).expect("more than none");
const BURST: NonZeroU32 = NonZeroU32::new(200).expect("more than none");

/// For each event: how many lines there may be, and how many there were not since the last one.
static LINES_OF: LazyLock<Vec<(DefaultDirectRateLimiter, AtomicU64)>> = LazyLock::new(|| {
    let quota = Quota::per_second(LINES).allow_burst(BURST);
    Event::ALL
        .iter()
        .map(|_| (RateLimiter::direct(quota), AtomicU64::new(0)))
        .collect()
});

/// Counts an event, and writes a line about it. Every event is counted; of many at once not every one has a line.
///
/// `account` is whose account it is about, if that is known. `detail` is a word of ours: a role, a limit.
pub fn record(event: Event, account: Option<Uuid>, detail: &str) {
    let (kind, outcome) = event.labels();
    counter!(SECURITY_EVENTS, "kind" => kind, "outcome" => outcome).increment(1);
    let origin = watch::origin(event.is_refusal());
    let omitted = match LINES_OF.get(event as usize) {
        Some((lines, omitted)) if lines.check().is_err() => {
            omitted.fetch_add(1, Ordering::Relaxed);
            return;
        }
        Some((_, omitted)) => omitted.swap(0, Ordering::Relaxed),
        None => 0,
    };
    // An empty field says that it is not known. `account` is the one that it is about, `by` the one who asked.
    let account = account.map(|id| id.to_string()).unwrap_or_default();
    let watch::Origin {
        actor,
        by,
        network,
        trace,
        route,
    } = origin;
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "security", kind, outcome, account, actor, by, network, trace_id = trace, route, detail, omitted,
                "a security event"
            )
        };
    }
    match event {
        // Every visitor without a session: of interest by number only.
        Event::NotAuthenticated => line!(debug),
        _ if event.is_refusal() => line!(warn),
        _ => line!(info),
    }
}

/// Counts every event from zero, so that the first one is a rise and not a new series.
pub fn register() {
    for event in Event::ALL {
        let (kind, outcome) = event.labels();
        counter!(SECURITY_EVENTS, "kind" => kind, "outcome" => outcome).increment(0);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_event_has_labels_of_its_own_and_is_in_the_list_at_its_place() {
        let labels: HashSet<_> = Event::ALL.iter().map(|event| event.labels()).collect();
        assert_eq!(labels.len(), Event::ALL.len());
        for (event, place) in Event::ALL.into_iter().zip(0..) {
            assert_eq!(event as usize, place, "{event:?}");
        }
    }

    #[test]
    fn the_documentation_lists_every_event() {
        let documented = include_str!("../../../../docs/security-events.md");
        for event in Event::ALL {
            let (kind, outcome) = event.labels();
            let row = format!("| `{kind}` | `{outcome}` |");
            assert!(
                documented.contains(&row),
                "{row} is not in docs/security-events.md"
            );
        }
    }
}
